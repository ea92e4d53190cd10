package table

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/txn"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Alter says what to change about a table.
type Alter struct {
	SetProperties   map[string]string // names that begin with "delta." are checked
	UnsetProperties []string
}

// Alter changes the table's properties in one commit. It fails with an
// [*UnsupportedError] for a property that needs a table feature the table does
// not have and for CHECK constraints, whose rows would have to be checked
// first, and with a [*ConflictError] if the metadata was changed concurrently.
// A change that changes nothing is Skipped.
func (t *Table) Alter(ctx context.Context, change Alter, opts *CommitOptions) (Commit, error) {
	ctx, op := t.starts(ctx, "alter")
	c, err := t.alter(ctx, change, opts)
	if err != nil {
		err = fmt.Errorf("alter %s: %w", t.url, translate(err))
	}
	return op.commits(c, err)
}

func (t *Table) alter(ctx context.Context, change Alter, opts *CommitOptions) (Commit, error) {
	if opts == nil {
		opts = &CommitOptions{}
	}
	s, err := t.writable(ctx, true)
	if err != nil {
		return Commit{}, err
	}
	if c, done := applied(s, opts); done {
		return c, nil
	}
	md, sch, err := altered(s, change)
	if err == nil {
		err = t.checkProperties(md, sch)
	}
	if err != nil {
		return Commit{}, err
	}
	if maps.Equal(md.Configuration, s.Metadata.Configuration) && opts.AppID == "" {
		return Commit{Version: int64(s.Version), Timestamp: committed(s), Skipped: true}, nil
	}
	level, set := s.Metadata.Configuration["delta.isolationLevel"]
	req := &txn.Request{
		Actions: []log.Action{md}, Operation: "SET TBLPROPERTIES",
		Parameters: map[string]any{"properties": propertiesOf(change.SetProperties), "unset": orEmpty(change.UnsetProperties)},
		User:       opts.Info, Level: opts.Isolation.level(level, set), PreCommit: t.preCommit(),
	}
	if opts.AppID != "" {
		req.Actions = append(req.Actions, t.progress(opts))
	}
	res, err := txn.Commit(ctx, t.env, s, req)
	if err != nil {
		return Commit{}, err
	}
	if res.Skipped {
		return Commit{Version: int64(res.Version), Timestamp: res.Time, Skipped: true}, nil
	}
	t.learn(res.State)
	c := Commit{Version: int64(res.Version), Timestamp: res.Time, Attempts: res.Attempts}
	c.After = t.follow(ctx, res, opts.Post)
	return c, nil
}

// ictEnablement begins the properties that say where in-commit timestamps
// begin: EnablementVersion and EnablementTimestamp.
const ictEnablement = "delta.inCommitTimestampEnablement"

// progress is the record of how far an application got.
func (t *Table) progress(opts *CommitOptions) *log.SetTransaction {
	now := t.opts.Now().UnixMilli()
	return &log.SetTransaction{AppID: opts.AppID, Version: opts.AppVersion, LastUpdated: &now}
}

// altered is the metadata after a change, and the schema.
func altered(s *replay.State, change Alter) (*log.Metadata, *schema.Struct, error) {
	set, err := feature.Normalize(change.SetProperties)
	if err != nil {
		return nil, nil, err
	}
	sch, err := s.Schema()
	if err != nil {
		return nil, nil, err
	}
	md := *s.Metadata
	md.Configuration = maps.Clone(md.Configuration)
	if md.Configuration == nil {
		md.Configuration = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if strings.HasPrefix(name, constraintPrefix) {
			return nil, nil, &UnsupportedError{Features: []string{"adding a CHECK constraint to a table that exists"}, Write: true}
		}
		md.Configuration[name] = set[name]
	}
	for _, name := range change.UnsetProperties {
		if _, has := s.Metadata.Configuration[name]; has && strings.HasPrefix(name, ictEnablement) {
			return nil, nil, fmt.Errorf("table property %s: it goes when delta.enableInCommitTimestamps is unset", name)
		}
		maps.DeleteFunc(md.Configuration, func(has, _ string) bool {
			return has == name || strings.HasPrefix(strings.ToLower(name), "delta.") && strings.EqualFold(has, name)
		})
	}
	if !feature.Bool(md.Configuration, "delta.enableInCommitTimestamps", false) {
		// Where they began means nothing any more (protocol, section
		// "In-Commit Timestamps").
		maps.DeleteFunc(md.Configuration, func(has, _ string) bool { return strings.HasPrefix(has, ictEnablement) })
	}
	var missing []string
	for _, need := range feature.Needs(sch, md.Configuration) {
		if !feature.Has(s.Protocol, need) {
			missing = append(missing, need)
		}
	}
	if len(missing) > 0 {
		return nil, nil, fmt.Errorf("the properties need a protocol upgrade: %w", &UnsupportedError{Features: missing, Write: true})
	}
	// The protocol may list what the table has not used so far, and we lack.
	return &md, sch, feature.CheckWrite(s.Protocol, &md, sch)
}
