package table

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/conflict"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// Options say how a table is reached and used. The zero value, and nil, are
// the defaults.
type Options struct {
	Store       storage.Store  // nil: storage.Open of the location, closed with the table. One that is given stays open
	Committer   log.Committer  // nil: put-if-absent in _delta_log of the store. A catalog-managed table needs a [log.Catalog]
	Retry       Retry          // of commits that lost a race
	Concurrency int            // files in flight; 0: 2 × GOMAXPROCS
	Budget      *Budget        // bytes that operations may hold; nil: 512 MiB for this table
	Zone        *time.Location // of zone-less timestamps in partition values and SQL; nil: UTC
	Limits      *Limits        // on what a log may contain; nil: the defaults
	ReadOnly    bool           // refuse everything that would change the table
	// AllowExternal finds files outside of the table, which its log names by
	// absolute URIs; nil: they are refused. See [Externals].
	AllowExternal External
	// PreCommit, if set, sees every commit before it is put and may refuse it. It
	// must not write to the same Table, whose commits wait for one another.
	PreCommit func(ctx context.Context, staged Staged) error
	Allocator memory.Allocator // of record batches; nil: memory.DefaultAllocator
	Logger    *slog.Logger     // told of damaged auxiliary files that were skipped; nil: silent
	// TracerProvider makes a span of every call that asks the store for
	// something, and MeterProvider counts their time and requests; nil: none.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
	Now            func() time.Time // nil: time.Now
	Rand           io.Reader        // of ids, file names, jitter and uuid() in SQL; nil: crypto/rand. Used by one goroutine at a time
	TempDir        string           // for rows that exceed the budget; "": os.TempDir
}

// Retry bounds how a commit that lost a race tries again: with full jitter,
// refreshing each round. Zero fields mean 1000 attempts, 60 s in all, waits
// from 10 ms to 2 s.
type Retry = txn.Retry

// Limits bound what a log may contain.
type Limits = log.Limits

// Staged is a commit that is about to be put.
type Staged struct {
	Version int64        // that it will be if nobody comes first
	Actions []log.Action // the commitInfo first; not to be changed
}

// Isolation says which concurrent commits a transaction tolerates. The default
// is Serializable; a table's own delta.isolationLevel can only make it
// stricter.
type Isolation uint8

// The isolation levels.
const (
	Serializable Isolation = iota
	WriteSerializable
	SnapshotIsolation
)

// Post says when what follows a commit is done: the .crc file, and a
// checkpoint when one is due.
type Post uint8

const (
	// Inline: before the operation returns.
	Inline Post = iota
	// Background: by a goroutine of the Table, which Close waits for.
	Background
	// None: not at all.
	None
)

// CommitOptions go with every operation that commits.
type CommitOptions struct {
	// AppID with AppVersion makes the operation happen exactly once: if the
	// table has recorded this version of the application, or a later one, it
	// is a no-op with Commit.Skipped.
	AppID      string
	AppVersion int64
	Post       Post
	Isolation  Isolation
	Info       map[string]string // kept as commitInfo.userMetadata, a JSON object
}

// WriteOptions go with operations that write data files.
type WriteOptions struct {
	CommitOptions
	// MergeSchema adds columns of the data that the table does not have, as
	// nullable columns at the end. Without it such data is refused.
	MergeSchema bool
	// TruncateTimestamps cuts nanoseconds to microseconds instead of refusing
	// timestamps that are not whole microseconds.
	TruncateTimestamps bool
	TargetFileSize     int64  // bytes; 0: the table's delta.targetFileSize, else 128 MiB
	Codec              string // zstd, snappy, gzip, lz4_raw, brotli, uncompressed; "": the table's delta.parquet.compression.codec, else zstd
	RowGroupRows       int64  // at most; 0: 1,048,576
	// BloomColumns get a bloom filter in each row group, by which scans for
	// single values pass over it: columns, or nested fields as a.b, with many
	// values in no order. A filter takes about ten bits for each value.
	BloomColumns []string
}

// CreateOptions say what table to create.
type CreateOptions struct {
	Options
	Commit      CommitOptions
	Schema      *schema.Struct // instead of an Arrow schema: keeps comments and other column metadata
	PartitionBy []string
	Properties  map[string]string // table properties; those that begin with "delta." are checked
	Name        string
	Description string
	IfNotExists bool // open the table if there is one and its schema and partitioning agree
}

// Commit is what an operation did.
type Commit struct {
	Version   int64 // of the table that holds the change; the latest known when Skipped
	Timestamp time.Time
	Attempts  int  // versions that were tried
	Skipped   bool // nothing was left to do
	Metrics   Metrics
	After     error // what failed after the commit, which stands: .crc, checkpoint
}

// Metrics count what an operation wrote and asked for.
type Metrics struct {
	Rows         int64
	Files        int64
	Bytes        int64
	FilesRemoved int64
	BytesSpilled int64 // to local disk, because more partitions were open than the budget allows
	// Requests are those of the call, by kind, their bytes and the longest
	// chain; with them, unless Post is None or Background, those of what
	// followed the commit.
	Requests storage.Usage
}

// At is a point in a table's history; the zero At is the latest version.
type At struct {
	version *int64
	time    *time.Time
}

// Version is the point right after commit v.
func Version(v int64) At { return At{version: &v} }

// AsOf is the latest version that was committed at or before t. Timestamps of
// commits have whole milliseconds; t is cut to them. Without in-commit
// timestamps they are those of the commits' objects, of which some services
// know no more than the second, and whose clocks may go back: a commit that is not
// younger than the one before it counts as a millisecond younger. The table
// property delta.enableInCommitTimestamps makes times exact.
func AsOf(t time.Time) At { return At{time: &t} }

// Budget is an amount of memory that the operations of one or more tables
// share: base columns of snapshots, reads in flight, files being written. An
// operation takes what is left, within reason, and spills or slows down when
// that is little; it never waits for another one. Safe for concurrent use.
type Budget struct {
	mu    sync.Mutex // guards left
	total int64
	left  int64
}

// NewBudget makes a budget of so many bytes; at least 64 MiB.
func NewBudget(bytes int64) *Budget {
	bytes = max(bytes, 64<<20)
	return &Budget{total: bytes, left: bytes}
}

// lease takes up to the given share (one of n parts) of the budget, and always
// at least a 32nd of it. The caller gives it back.
func (b *Budget) lease(parts int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := max(min(b.total/parts, b.left), b.total/32)
	b.left -= n
	return n
}

func (b *Budget) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += n
}

// settings are Options with every default filled in.
type settings struct {
	Options
	closeStore  bool
	instruments instruments
}

func (o *Options) settle(ctx context.Context, url string) (*settings, error) {
	s := &settings{}
	if o != nil {
		s.Options = *o
	}
	var err error
	if s.instruments, err = newInstruments(s.TracerProvider, s.MeterProvider); err != nil {
		return nil, err
	}
	if s.Store == nil {
		st, err := storage.Open(ctx, url)
		if err != nil {
			return nil, err
		}
		s.Store, s.closeStore = st, true
	}
	if s.Committer == nil {
		s.Committer = log.NewCommitter(s.Store, s.Limits)
	}
	if c, is := s.Committer.(log.Catalog); is {
		s.Store = log.CatalogStore(s.Store, c)
	}
	if s.Concurrency <= 0 {
		s.Concurrency = 2 * runtime.GOMAXPROCS(0)
	}
	if s.Budget == nil {
		s.Budget = NewBudget(512 << 20)
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Allocator == nil {
		s.Allocator = memory.DefaultAllocator
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Rand == nil {
		s.Rand = rand.Reader
	}
	s.Rand = &oneAtATime{r: s.Rand}
	return s, nil
}

func (s *settings) source() *replay.Source {
	return &replay.Source{
		Store: s.Store, Committer: s.Committer, Limits: s.Limits,
		Share: s.Budget.total / 4, Parallel: max(32, s.Concurrency),
		Warn: func(err error) {
			s.Logger.Warn("damaged auxiliary file skipped", "store", s.Store.String(), "error", err)
		},
	}
}

func (s *settings) env() expr.Env { return expr.Env{Zone: s.Zone, Now: s.Now(), Rand: s.Rand} }

func (i Isolation) level(property string, set bool) conflict.Level {
	level := [...]conflict.Level{conflict.Serializable, conflict.WriteSerializable, conflict.SnapshotIsolation}[min(i, SnapshotIsolation)]
	if set {
		level = min(level, conflict.ParseLevel(property)) // the stricter is the smaller
	}
	return level
}
