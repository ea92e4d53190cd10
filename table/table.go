package table

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// Table is a place that holds a table. It always stands for the newest
// version: operations see what others have committed. It is safe for
// concurrent use by any number of goroutines, and any number of Tables, in any
// number of processes, may stand for the same place.
type Table struct {
	url  string // without secrets
	root string // the URI that names of objects are added to; "" if it is not known
	opts *settings
	env  txn.Env
	src  *replay.Source

	turn chan struct{} // holds one token: whoever has it refreshes latest
	lane chan struct{} // holds one token: whoever has it commits files

	mu     sync.Mutex    // guards what is below; never held over I/O
	latest *replay.State // the newest version that is known
	looked time.Time     // when the store was last asked for it, by Options.Now
	closed bool

	// What follows commits in the background.
	running int           // tasks
	idle    chan struct{} // closed when there is none
	pending error         // the first failure

	after chan struct{} // holds one token: one background task at a time
}

// engine is what commits name as their writer.
const engine = "foreset/0.1.0"

func newTable(url string, s *settings) *Table {
	t := &Table{url: storage.Redact(url), opts: s, src: s.source(), turn: make(chan struct{}, 1), lane: make(chan struct{}, 1), after: make(chan struct{}, 1)}
	t.root = storage.URI(t.url)
	t.env = txn.Env{Source: t.src, Now: s.Now, Rand: s.Rand, Retry: s.Retry, Engine: engine}
	return t
}

// oneAtATime lets several goroutines read from one source.
type oneAtATime struct {
	mu sync.Mutex
	r  io.Reader
}

func (o *oneAtATime) Read(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.r.Read(p)
}

// Open opens the table at a location: a path or a URL as [storage.Open] takes
// it. It reads the newest version's protocol and schema, and nothing of its
// files. It fails with [ErrNotTable], with an [*UnsupportedError] if the table
// cannot be read, and with errors of the store. The caller closes the table.
func Open(ctx context.Context, url string, opts *Options) (*Table, error) {
	s, err := opts.settle(ctx, url)
	if err != nil {
		return nil, err
	}
	t := newTable(url, s)
	ctx, op := t.starts(ctx, "open")
	if _, err = t.state(ctx); err != nil {
		err = fmt.Errorf("open table %s: %w", t.url, err)
	}
	if op.ends(err); err != nil {
		return nil, errors.Join(err, t.closeStore())
	}
	return t, nil
}

// Exists says whether there is a table at a location, without reading it. An error
// is that of the store, and says neither.
func Exists(ctx context.Context, url string, opts *Options) (bool, error) {
	s, err := opts.settle(ctx, url)
	if err != nil {
		return false, err
	}
	if s.closeStore {
		defer s.Store.Close()
	}
	ctx, op := newTable(url, s).starts(ctx, "exists")
	_, err = log.ListSegment(ctx, s.Store, 0, replay.Latest)
	there := err == nil || errors.Is(err, log.ErrGap)
	if there || errors.Is(err, ErrNotTable) {
		err = nil
	} else {
		err = fmt.Errorf("look for a table at %s: %w", storage.Redact(url), translate(err))
	}
	op.ends(err)
	return there, err
}

// Create makes a table at a location and opens it. Column types follow from
// the Arrow schema, or are those of CreateOptions.Schema. Of concurrent
// creators one wins; the others get [ErrExists], which is also the answer when
// there is a table already, unless CreateOptions.IfNotExists. After an
// [ErrCommitUnknown], Create again with IfNotExists settles the matter.
func Create(ctx context.Context, url string, s *arrow.Schema, opts *CreateOptions) (*Table, error) {
	if opts == nil {
		opts = &CreateOptions{}
	}
	set, err := opts.Options.settle(ctx, url)
	if err != nil {
		return nil, err
	}
	t := newTable(url, set)
	ctx, op := t.starts(ctx, "create")
	if err = t.create(ctx, s, opts); err != nil {
		err = fmt.Errorf("create table %s: %w", t.url, translate(err))
	}
	if op.ends(err); err != nil {
		return nil, errors.Join(err, t.closeStore())
	}
	return t, nil
}

func (t *Table) create(ctx context.Context, s *arrow.Schema, opts *CreateOptions) error {
	if t.opts.ReadOnly {
		return ErrReadOnly
	}
	want, err := newSchema(s, opts)
	if err != nil {
		return err
	}
	_, err = t.state(ctx)
	switch {
	case err == nil && opts.IfNotExists:
		return t.agrees(want, opts.PartitionBy)
	case err == nil:
		return ErrExists
	case !errors.Is(err, ErrNotTable):
		return err
	}
	actions, err := t.firstActions(want, opts)
	if err != nil {
		return err
	}
	req := &txn.Request{
		Actions: actions, Operation: "CREATE TABLE",
		Parameters: map[string]any{"partitionBy": orEmpty(opts.PartitionBy), "properties": propertiesOf(opts.Properties), "isManaged": false},
		User:       opts.Commit.Info, PreCommit: t.preCommit(),
	}
	res, err := txn.Commit(ctx, t.env, nil, req)
	if errors.Is(err, ErrExists) && opts.IfNotExists {
		if _, err := t.state(ctx); err != nil {
			return err
		}
		return t.agrees(want, opts.PartitionBy)
	}
	if err != nil {
		return err
	}
	t.learn(res.State)
	t.lookedAt(t.opts.Now())
	if err := t.follow(ctx, res, opts.Commit.Post); err != nil {
		t.opts.Logger.Warn("table created, but not what follows a commit", "table", t.url, "error", err)
	}
	return nil
}

// newSchema is the schema of a table to be created.
func newSchema(s *arrow.Schema, opts *CreateOptions) (*schema.Struct, error) {
	switch {
	case opts.Schema != nil && s != nil:
		return nil, fmt.Errorf("%w: an Arrow schema and CreateOptions.Schema are both given", ErrSchema)
	case opts.Schema != nil:
		// A physical name means another table's; engines differ on whether one
		// counts where there is no column mapping.
		return opts.Schema.Unmapped(), nil
	case s != nil:
		return arrowconv.FromArrow(s)
	default:
		return nil, fmt.Errorf("%w: no schema is given", ErrSchema)
	}
}

// firstActions are the protocol and the metadata of a new table.
func (t *Table) firstActions(s *schema.Struct, opts *CreateOptions) ([]log.Action, error) {
	columns := spelled(s, opts.PartitionBy)
	if err := schema.Validate(s, columns, false); err != nil {
		return nil, err
	}
	conf, err := feature.Normalize(opts.Properties)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewRandomFromReader(t.env.Rand)
	if err != nil {
		return nil, fmt.Errorf("draw a table id: %w", err)
	}
	now := t.opts.Now().UnixMilli()
	md := &log.Metadata{
		ID: id.String(), Format: log.Format{Provider: "parquet", Options: map[string]string{}},
		SchemaString: string(s.JSON()), PartitionColumns: columns, Configuration: conf, CreatedTime: &now,
	}
	if opts.Name != "" {
		md.Name = &opts.Name
	}
	if opts.Description != "" {
		md.Description = &opts.Description
	}
	p := feature.ForNewTable(s, conf)
	if err := feature.CheckWrite(p, md, s); err != nil {
		return nil, err
	}
	if _, err := t.constraints(md, s); err != nil {
		return nil, err
	}
	if err := t.checkProperties(md, s); err != nil {
		return nil, err
	}
	actions := []log.Action{p, md}
	if opts.Commit.AppID != "" {
		actions = append(actions, t.progress(&opts.Commit))
	}
	return actions, nil
}

// checkProperties refuses properties with which no row could be written any
// more.
func (t *Table) checkProperties(md *log.Metadata, s *schema.Struct) error {
	if _, err := t.writeOptions(&staged{opts: &WriteOptions{}, schema: s, base: md}, 0); err != nil {
		return fmt.Errorf("table properties: %w", err)
	}
	return nil
}

// spelled is the partition columns as the schema spells them.
func spelled(s *schema.Struct, columns []string) []string {
	out := []string{}
	for _, c := range columns {
		if i, ok := s.Lookup(c); ok {
			c = s.Fields[i].Name
		}
		out = append(out, c)
	}
	return out
}

// agrees says how the table that is there differs from the one asked for.
func (t *Table) agrees(want *schema.Struct, partitionBy []string) error {
	t.mu.Lock()
	s := t.latest
	t.mu.Unlock()
	have, err := s.Schema()
	if err != nil {
		return err
	}
	if !schema.EqualIgnoringNullability(have, want) {
		return fmt.Errorf("%w: there is a table of another schema: %v", ErrExists, have)
	}
	if columns := spelled(have, partitionBy); fmt.Sprint(columns) != fmt.Sprint(orEmpty(s.Metadata.PartitionColumns)) {
		return fmt.Errorf("%w: there is a table that is partitioned by %q", ErrExists, s.Metadata.PartitionColumns)
	}
	return nil
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// propertiesOf is properties as a parameter of an operation: none is {}.
func propertiesOf(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// state is the newest version, refreshed. Callers that come while another
// refreshes wait for their turn.
func (t *Table) state(ctx context.Context) (*replay.State, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	known, err := t.known()
	if err != nil {
		return nil, err
	}
	now := t.opts.Now()
	var s *replay.State
	if known == nil {
		s, err = replay.Load(ctx, t.src, replay.Latest)
	} else {
		s, err = known.Advance(ctx)
	}
	if err != nil {
		return nil, translate(err)
	}
	if s != known {
		if err := t.readable(s); err != nil {
			return nil, err
		}
	}
	t.learn(s)
	t.lookedAt(now)
	return s, nil
}

func (t *Table) lookedAt(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked = now
}

// freshTime is how long a version may be built upon without another look at
// the store. It is far below any retention of logs.
const freshTime = 30 * time.Second

// isOld says that what is known of the table is not to be built upon: its log
// may have been cleaned up past it, or another table may have its place, and
// then the next version is a hole that a commit would fall into.
func (t *Table) isOld() bool {
	now := t.opts.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.looked) > freshTime
}

// known is the newest version without a look at the store; nil before the
// first one was loaded.
func (t *Table) known() (*replay.State, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, ErrClosed
	}
	return t.latest, nil
}

// learn keeps a state if it is newer than the one that is known, or of another
// table that took its place; and what it knows of checkpoints in any case.
func (t *Table) learn(s *replay.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.latest == nil || s.Metadata.ID != t.latest.Metadata.ID:
		t.latest = s
	case s.Version >= t.latest.Version:
		t.latest = s.WithCheckpoint(t.latest.CheckpointVersion)
	default:
		t.latest = t.latest.WithCheckpoint(s.CheckpointVersion)
	}
}

// readable refuses a version that this library cannot read.
func (t *Table) readable(s *replay.State) error {
	sch, schemaErr := s.Schema()
	if err := feature.CheckRead(s.Protocol, s.Metadata, sch); err != nil {
		return err
	}
	if schemaErr != nil {
		return translate(schemaErr)
	}
	if _, is := t.opts.Committer.(log.Catalog); !is && feature.Has(s.Protocol, feature.CatalogManaged) {
		return &catalogError{UnsupportedError{Features: []string{feature.CatalogManaged}}}
	}
	if err := feature.Mapping(s.Protocol, s.Metadata).Check(sch); err != nil {
		return marked{fmt.Errorf("schema of version %d: %w", s.Version, err), ErrCorrupt}
	}
	return nil
}

func (t *Table) preCommit() func(context.Context, log.Version, []log.Action) error {
	if t.opts.PreCommit == nil {
		return nil
	}
	return func(ctx context.Context, v log.Version, actions []log.Action) error {
		return t.opts.PreCommit(ctx, Staged{Version: int64(v), Actions: actions})
	}
}

// Location is where the table is, without secrets.
func (t *Table) Location() string { return t.url }

// Close waits for what follows earlier commits, until ctx ends, and closes the
// store if the table opened it. It returns the first failure of work that was
// left to the background. Operations on a closed table fail with [ErrClosed];
// snapshots that were taken before must not be read any more.
func (t *Table) Close(ctx context.Context) error {
	t.mu.Lock()
	closed, idle := t.closed, t.idle
	t.closed = true
	t.mu.Unlock()
	if closed {
		return nil
	}
	var err error
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			err = fmt.Errorf("close table %s: %w", t.url, ctx.Err())
		}
	}
	t.mu.Lock()
	pending := t.pending
	t.mu.Unlock()
	return errors.Join(err, pending, t.closeStore())
}

func (t *Table) closeStore() error {
	if !t.opts.closeStore {
		return nil
	}
	return t.opts.Store.Close()
}
