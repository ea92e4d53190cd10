package checkpoint

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"testing"
	"time"

	"github.com/foreset/foreset/log"
)

// source is a small state to change.
func source() *Source {
	return &Source{
		Version:  10,
		Protocol: &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2},
		Metadata: &log.Metadata{ID: "id", SchemaString: testSchema, Format: log.Format{Provider: "parquet"}},
		NumAdds:  -1, AddBytes: -1,
	}
}

func mustEncode(t testing.TB, src *Source, opts *WriteOptions) []byte {
	t.Helper()
	body, _, err := Encode(context.Background(), src, opts)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestExpiredTombstonesAreLeftOut(t *testing.T) {
	const day = 24 * 3600 * 1000
	now := testNow.UnixMilli()
	src := source()
	src.Removes = all([]*log.RemoveFile{
		{Path: "young", DeletionTimestamp: ptr(now - 6*day)},
		{Path: "just in", DeletionTimestamp: ptr(now - 7*day + 1)},
		{Path: "just out", DeletionTimestamp: ptr(now - 7*day)},
		{Path: "old", DeletionTimestamp: ptr(now - 8*day)},
		{Path: "case 14: no time is expired"},
	})
	for _, c := range []struct {
		name string
		opts *WriteOptions
		want int
	}{
		{"no clock", nil, 5},
		{"one week", &WriteOptions{Now: testNow}, 2},
		{"ten days", &WriteOptions{Now: testNow, RemoveRetention: 240 * time.Hour}, 4},
		{"one day", &WriteOptions{Now: testNow, RemoveRetention: 24 * time.Hour}, 0},
	} {
		_, _, removes := readAll(t, mustEncode(t, src, c.opts))
		if len(removes) != c.want {
			t.Errorf("%s: %d tombstones, want %d", c.name, len(removes), c.want)
		}
	}
}

// TestEdgeC61: with a retention, an application id without a time is dropped.
func TestEdgeC61ExpiredApplicationIDsAreLeftOut(t *testing.T) {
	now := testNow.UnixMilli()
	src := source()
	src.Txns = []*log.SetTransaction{{AppID: "old", LastUpdated: ptr(now - 3600_000)}, {AppID: "timeless"}, {AppID: "young", LastUpdated: ptr(now - 3599_999)}}
	for _, c := range []struct {
		name string
		opts *WriteOptions
		want []string
	}{
		{"no retention", &WriteOptions{Now: testNow}, []string{"old", "timeless", "young"}},
		{"an hour", &WriteOptions{Now: testNow, TxnRetention: time.Hour}, []string{"young"}},
		{"no clock", &WriteOptions{TxnRetention: time.Hour}, []string{"old", "timeless", "young"}},
	} {
		s, _, _ := readAll(t, mustEncode(t, src, c.opts))
		var got []string
		for _, x := range s.Txns {
			got = append(got, x.AppID)
		}
		same(t, c.name, got, c.want)
	}
}

// TestEdgeC60: versions of an application may go down; what is given is kept.
func TestEdgeC60AnApplicationVersionMayBeAnything(t *testing.T) {
	src := source()
	src.Txns = []*log.SetTransaction{{AppID: "a", Version: -5}}
	s, _, _ := readAll(t, mustEncode(t, src, nil))
	same(t, "txns", s.Txns, src.Txns)
}

// TestEdgeC59: a removed domain is gone from the checkpoint, unknown ones stay.
func TestEdgeC59RemovedDomainsAreLeftOut(t *testing.T) {
	src := source()
	src.Domains = []*log.DomainMetadata{{Domain: "z.unknown", Configuration: "{}"}, {Domain: "b", Removed: true, Configuration: "old"}, {Domain: "a"}}
	s, _, _ := readAll(t, mustEncode(t, src, nil))
	same(t, "domains", s.Domains, []*log.DomainMetadata{{Domain: "a"}, {Domain: "z.unknown", Configuration: "{}"}})
}

// TestEdgeC54: files are not data changes in a checkpoint, whatever they were.
func TestEdgeC54FilesInACheckpointAreNoDataChange(t *testing.T) {
	src := source()
	src.Adds = all([]*log.AddFile{{Path: "a", DataChange: true}})
	src.Removes = all([]*log.RemoveFile{{Path: "b", DataChange: true, DeletionTimestamp: ptr(int64(1)), Stats: "x", Tags: map[string]*string{}}})
	_, adds, removes := readAll(t, mustEncode(t, src, nil))
	if adds[0].DataChange || removes[0].DataChange {
		t.Error("dataChange survived")
	}
	if removes[0].Stats != "" || removes[0].Tags != nil {
		t.Error("a tombstone has statistics or tags")
	}
}

func TestProtocolListsFollowTheVersions(t *testing.T) {
	for _, c := range []struct{ in, want log.Protocol }{
		{log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7}, log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{}, WriterFeatures: []string{}}},
		{log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"x"}}, log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"x"}}},
		{log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5, ReaderFeatures: []string{}}, log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5}},
	} {
		src := source()
		src.Protocol = &c.in
		s, _, _ := readAll(t, mustEncode(t, src, nil))
		same(t, "protocol", s.Protocol, &c.want)
	}
}

func TestAStateThatIsNotWhatIsExpectedIsNotEncoded(t *testing.T) {
	boom := errors.New("boom")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		change func(*Source, *WriteOptions)
		want   error
	}{
		"too few files":  {change: func(s *Source, _ *WriteOptions) { s.NumAdds = 2 }},
		"another size":   {change: func(s *Source, _ *WriteOptions) { s.AddBytes = 8 }},
		"no protocol":    {change: func(s *Source, _ *WriteOptions) { s.Protocol = nil }},
		"no metadata":    {change: func(s *Source, _ *WriteOptions) { s.Metadata = nil }},
		"unknown codec":  {change: func(_ *Source, o *WriteOptions) { o.Codec = "lzo" }},
		"failing files":  {change: func(s *Source, _ *WriteOptions) { s.Adds = failing[*log.AddFile](boom) }, want: boom},
		"failing tombst": {change: func(s *Source, _ *WriteOptions) { s.Removes = failing[*log.RemoveFile](boom) }, want: boom},
		"cancelled":      {ctx: cancelled, change: func(*Source, *WriteOptions) {}, want: context.Canceled},
	} {
		src, opts, st := source(), &WriteOptions{}, newStore()
		src.Adds, src.NumAdds, src.AddBytes = all([]*log.AddFile{{Path: "a", Size: 7}}), 1, 7
		c.change(src, opts)
		ctx := context.Background()
		if c.ctx != nil {
			ctx = c.ctx
		}
		_, err := Write(ctx, st, src, opts)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if len(st.objects) > 0 {
			t.Errorf("%s: something was published", name)
		}
	}
}

func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

func TestNoHintToACheckpointThatWasNotWritten(t *testing.T) {
	st := newStore()
	st.fail = func(op, name string) error {
		if op == "put" && name == log.CheckpointName(10) {
			return fs.ErrPermission
		}
		return nil
	}
	if _, err := Write(context.Background(), st, source(), nil); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
	if len(st.objects) > 0 {
		t.Error("a hint was written")
	}
}

func TestVerifyFindsEveryDifference(t *testing.T) {
	r := newRandom(5)
	src := r.state(20)
	src.Metadata.SchemaString, src.Metadata.PartitionColumns = testSchema, []string{"p"}
	src.Metadata.Configuration = map[string]string{}
	e, err := encode(context.Background(), &src.Source, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*content){
		"protocol":   func(c *content) { c.state.Protocol = &log.Protocol{MinReaderVersion: 9} },
		"metadata":   func(c *content) { m := *c.state.Metadata; m.ID = "x"; c.state.Metadata = &m },
		"txns":       func(c *content) { c.state.Txns = append(c.state.Txns, &log.SetTransaction{AppID: "zz"}) },
		"domains":    func(c *content) { c.state.Domains = append(c.state.Domains, &log.DomainMetadata{Domain: "zz"}) },
		"adds":       func(c *content) { c.adds++ },
		"removes":    func(c *content) { c.removes++ },
		"files":      func(c *content) { c.files++ },
		"typed":      func(c *content) { c.cells++ },
		"nothing":    func(*content) {},
		"other file": func(c *content) { a := *src.adds[0]; a.Size++; c.add(&a, true); c.adds-- },
	} {
		want := e.kept
		change(&want)
		err := verify(context.Background(), e.body.Bytes(), &want, e.layout.textStats)
		var differs *VerifyError
		if (name == "nothing") != (err == nil) || err != nil && !errors.As(err, &differs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := verify(context.Background(), e.body.Bytes()[1:], &e.kept, true); err == nil {
		t.Error("a damaged checkpoint passes")
	}
}

func TestEqualStatesGiveEqualFiles(t *testing.T) {
	r := newRandom(9)
	src := r.state(20)
	a := mustEncode(t, &src.Source, nil)
	b := mustEncode(t, &src.Source, nil)
	if string(a) != string(b) {
		t.Error("two encodings of one state differ")
	}
}
