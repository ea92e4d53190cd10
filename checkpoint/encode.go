package checkpoint

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// Source is the state that a checkpoint is made from, reconciled: the newest
// action of each kind, application, domain and file.
type Source struct {
	Version  log.Version
	Protocol *log.Protocol // must be there
	Metadata *log.Metadata // must be there
	Txns     []*log.SetTransaction
	Domains  []*log.DomainMetadata
	Adds     iter.Seq2[*log.AddFile, error]    // the live files; nil: none
	Removes  iter.Seq2[*log.RemoveFile, error] // the tombstones; nil: none

	// What is expected, −1 if unknown: a checkpoint with another number of
	// files, or files of another size in all, is not made.
	NumAdds, AddBytes int64
}

// WriteOptions are how a checkpoint is written. Nil, and the zero value, are
// the defaults. Which forms of statistics are written is for the table's
// properties delta.checkpoint.writeStatsAsJson and writeStatsAsStruct to say;
// both are by default.
type WriteOptions struct {
	// Now is what retention counts from; the zero time keeps everything.
	Now time.Time
	// RemoveRetention is how long tombstones are kept (the table property
	// delta.deletedFileRetentionDuration); 0: one week.
	RemoveRetention time.Duration
	// TxnRetention is how long application ids are kept
	// (delta.setTransactionRetentionDuration); 0: forever. With it, those that
	// do not say when they were updated go, too.
	TxnRetention time.Duration
	// Codec is "zstd", "snappy" or "uncompressed"; "": zstd.
	Codec string
	// Newest is asked by [Write] when the checkpoint is in its place. True says
	// that there can hardly be one of a later version, so that the hint need
	// not be read before it is replaced. Nil: it is read.
	Newest func() bool
}

const (
	removeRetentionDefault = 7 * 24 * time.Hour
	rowsPerGroup           = 1 << 17
	rowsAtOnce             = 64
)

// Encode makes a classic V1 checkpoint: one Parquet file, in memory, and the
// hint to it. Tombstones and application ids past their retention are left
// out, as are removed domains.
//
// Parquet has a column for every field of the actions but for
// Metadata.Extra, which is not kept, and for Stats and Tags of a remove, which
// no reader needs.
func Encode(ctx context.Context, src *Source, opts *WriteOptions) ([]byte, *Hint, error) {
	e, err := encode(ctx, src, opts)
	if err != nil {
		return nil, nil, err
	}
	return e.body.Bytes(), e.hint(), nil
}

// encoder writes the rows of one checkpoint.
type encoder struct {
	ctx    context.Context
	src    *Source
	opts   WriteOptions
	layout *layout
	body   bytes.Buffer
	writer *parquet.GenericWriter[any]
	row    *row
	rows   []parquet.Row // waiting to be written
	inRows int           // of the row group
	size   int64         // rows
	kept   content       // what was written
	bytes  int64         // of the files
}

func encode(ctx context.Context, src *Source, opts *WriteOptions) (*encoder, error) {
	e := &encoder{ctx: ctx, src: src}
	if opts != nil {
		e.opts = *opts
	}
	if src.Protocol == nil || src.Metadata == nil {
		return nil, errors.New("encode checkpoint: no protocol or no metadata")
	}
	codec, err := codecOf(e.opts.Codec)
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint: %w", err)
	}
	e.layout = newLayout(src.Protocol, src.Metadata)
	e.row = newRow(e.layout.leaves, e.layout.root.levels())
	e.writer = parquet.NewGenericWriter[any](&e.body, e.options(codec)...)
	for _, step := range []func() error{e.protocol, e.metadata, e.txns, e.domains, e.removes, e.adds, e.flush, e.writer.Close} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("encode checkpoint %d: %w", src.Version, err)
		}
	}
	return e, nil
}

func (e *encoder) options(codec compress.Codec) []parquet.WriterOption {
	options := []parquet.WriterOption{
		e.layout.schema,
		parquet.CreatedBy("foreset", "1", ""),
		parquet.Compression(codec),
		parquet.DataPageVersion(1), // every reader knows them
		parquet.DefaultEncoding(&parquet.Plain),
	}
	for _, path := range e.layout.boundless() {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	return options
}

// hint is the hint to what was encoded.
func (e *encoder) hint() *Hint {
	bytes, adds := int64(e.body.Len()), e.kept.adds
	return &Hint{Version: e.src.Version, Size: e.size, SizeInBytes: &bytes, NumOfAddFiles: &adds}
}

// end writes the row that was built and starts the next one.
func (e *encoder) end() error {
	n := len(e.rows)
	e.rows = slices.Grow(e.rows, 1)[:n+1] // with the memory of a row written before
	e.rows[n] = e.row.appendTo(e.rows[n][:0])
	e.row.reset()
	e.size++
	e.inRows++
	if len(e.rows) == rowsAtOnce {
		if err := e.flush(); err != nil {
			return err
		}
	}
	if e.inRows == rowsPerGroup {
		e.inRows = 0
		if err := e.flush(); err != nil {
			return err
		}
		return e.writer.Flush()
	}
	return nil
}

func (e *encoder) flush() error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	_, err := e.writer.WriteRows(e.rows)
	e.rows = e.rows[:0]
	return err
}

func (e *encoder) protocol() error {
	p := *e.src.Protocol
	// The lists are there exactly when the versions say so, empty or not.
	p.ReaderFeatures, p.WriterFeatures = features(p.ReaderFeatures, p.MinReaderVersion == 3), features(p.WriterFeatures, p.MinWriterVersion == 7)
	e.kept.state.Protocol = &p
	s := e.layout.root.at("protocol")
	e.row.there(s)
	e.row.integer(s.at("minReaderVersion"), int32(p.MinReaderVersion))
	e.row.integer(s.at("minWriterVersion"), int32(p.MinWriterVersion))
	e.row.list(s.at("readerFeatures"), p.ReaderFeatures)
	e.row.list(s.at("writerFeatures"), p.WriterFeatures)
	return e.end()
}

func features(names []string, there bool) []string {
	switch {
	case !there:
		return nil
	case names == nil:
		return []string{}
	default:
		return names
	}
}

func (e *encoder) metadata() error {
	m := *e.src.Metadata
	m.Extra = nil
	if m.PartitionColumns == nil {
		m.PartitionColumns = []string{}
	}
	if m.Format.Options == nil {
		m.Format.Options = map[string]string{}
	}
	if m.Configuration == nil {
		m.Configuration = map[string]string{}
	}
	e.kept.state.Metadata = &m
	s := e.layout.root.at("metaData")
	e.row.there(s)
	e.row.text(s.at("id"), m.ID)
	e.row.textOr(s.at("name"), m.Name)
	e.row.textOr(s.at("description"), m.Description)
	e.row.there(s.at("format"))
	e.row.text(s.at("format", "provider"), m.Format.Provider)
	e.row.mapping(s.at("format", "options"), pointers(m.Format.Options))
	e.row.text(s.at("schemaString"), m.SchemaString)
	e.row.list(s.at("partitionColumns"), m.PartitionColumns)
	e.row.mapping(s.at("configuration"), pointers(m.Configuration))
	e.row.longOr(s.at("createdTime"), m.CreatedTime)
	return e.end()
}

func pointers(m map[string]string) map[string]*string {
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = &v
	}
	return out
}

func (e *encoder) txns() error {
	s := e.layout.root.at("txn")
	after := e.cutoff(e.opts.TxnRetention)
	for _, t := range sorted(e.src.Txns, func(t *log.SetTransaction) string { return t.AppID }) {
		if after > math.MinInt64 && (t.LastUpdated == nil || *t.LastUpdated <= after) {
			continue
		}
		e.kept.state.Txns = append(e.kept.state.Txns, t)
		e.row.there(s)
		e.row.text(s.at("appId"), t.AppID)
		e.row.long(s.at("version"), t.Version)
		e.row.longOr(s.at("lastUpdated"), t.LastUpdated)
		if err := e.end(); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) domains() error {
	s := e.layout.root.at("domainMetadata")
	for _, d := range sorted(e.src.Domains, func(d *log.DomainMetadata) string { return d.Domain }) {
		if d.Removed {
			continue
		}
		e.kept.state.Domains = append(e.kept.state.Domains, d)
		e.row.there(s)
		e.row.text(s.at("domain"), d.Domain)
		e.row.text(s.at("configuration"), d.Configuration)
		e.row.boolean(s.at("removed"), false)
		if err := e.end(); err != nil {
			return err
		}
	}
	return nil
}

func sorted[T any](in []T, key func(T) string) []T {
	return slices.SortedStableFunc(slices.Values(in), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

// cutoff is the time, in milliseconds, after which something is kept.
func (e *encoder) cutoff(retention time.Duration) int64 {
	if e.opts.Now.IsZero() || retention <= 0 {
		return math.MinInt64
	}
	return e.opts.Now.Add(-retention).UnixMilli()
}

func (e *encoder) removes() error {
	if e.src.Removes == nil {
		return nil
	}
	s := e.layout.root.at("remove")
	after := e.cutoff(cmp.Or(max(e.opts.RemoveRetention, 0), removeRetentionDefault))
	for f, err := range e.src.Removes {
		if err != nil {
			return err
		}
		deleted := int64(0) // absent: expired
		if f.DeletionTimestamp != nil {
			deleted = *f.DeletionTimestamp
		}
		if deleted <= after {
			continue
		}
		e.kept.remove(f)
		e.row.there(s)
		e.row.text(s.at("path"), f.Path)
		e.row.longOr(s.at("deletionTimestamp"), f.DeletionTimestamp)
		e.row.boolean(s.at("dataChange"), false)
		e.row.boolOr(s.at("extendedFileMetadata"), f.ExtendedFileMetadata)
		e.row.mapping(s.at("partitionValues"), f.PartitionValues)
		e.row.longOr(s.at("size"), f.Size)
		e.row.vector(s.at("deletionVector"), f.DeletionVector)
		e.row.longOr(s.at("baseRowId"), f.BaseRowID)
		e.row.longOr(s.at("defaultRowCommitVersion"), f.DefaultRowCommitVersion)
		if err := e.end(); err != nil {
			return err
		}
	}
	return nil
}

func (e *encoder) adds() error {
	if e.src.Adds != nil {
		for f, err := range e.src.Adds {
			if err != nil {
				return err
			}
			if err := e.add(f); err != nil {
				return err
			}
		}
	}
	if want := e.src.NumAdds; want >= 0 && want != e.kept.adds {
		return fmt.Errorf("%w: the state lists %d files where %d are expected", ErrCount, e.kept.adds, want)
	}
	if want := e.src.AddBytes; want >= 0 && want != e.bytes {
		return fmt.Errorf("%w: the state lists files of %d bytes where %d are expected", ErrCount, e.bytes, want)
	}
	return nil
}

func (e *encoder) add(f *log.AddFile) error {
	s := e.layout.root.at("add")
	e.row.there(s)
	e.row.text(s.at("path"), f.Path)
	if f.PartitionValues != nil {
		e.row.mapping(s.at("partitionValues"), f.PartitionValues)
	} else {
		e.row.there(s.at("partitionValues"))
	}
	e.row.long(s.at("size"), f.Size)
	e.row.long(s.at("modificationTime"), f.ModificationTime)
	e.row.boolean(s.at("dataChange"), false)
	e.row.mapping(s.at("tags"), f.Tags)
	e.row.vector(s.at("deletionVector"), f.DeletionVector)
	e.row.longOr(s.at("baseRowId"), f.BaseRowID)
	e.row.longOr(s.at("defaultRowCommitVersion"), f.DefaultRowCommitVersion)
	e.row.textOr(s.at("clusteringProvider"), f.ClusteringProvider)
	if e.layout.textStats && f.Stats != "" {
		e.row.text(s.at("stats"), f.Stats)
	}
	e.bytes += f.Size
	e.kept.add(f, e.layout.textStats)
	e.typedPartition(s, f)
	e.typedStats(s, f)
	return e.end()
}

// typedPartition puts partitionValues_parsed.
func (e *encoder) typedPartition(s *slot, f *log.AddFile) {
	if len(e.layout.partitions) == 0 {
		return
	}
	e.row.there(s.at("partitionValues_parsed"))
	for _, p := range e.layout.partitions {
		t := f.PartitionValues[p.name]
		if t == nil {
			continue
		}
		if v, err := value.ParsePartition(p.typ, *t, time.UTC); err == nil { // else the text stands for itself
			e.put(p.slot, f, v)
		}
	}
}

// typedStats puts stats_parsed, which is null if there are no statistics.
func (e *encoder) typedStats(s *slot, f *log.AddFile) {
	if e.layout.statsSchema == nil || f.Stats == "" {
		return
	}
	known, err := stats.Parse(f.Stats, e.layout.statsSchema)
	if err != nil {
		return
	}
	s = s.at("stats_parsed")
	e.row.there(s)
	for _, nested := range e.layout.statsStructs {
		e.row.there(nested)
	}
	if known.NumRecords >= 0 {
		e.put(s.at("numRecords"), f, value.Int(schema.Long, known.NumRecords))
	}
	if !known.TightBounds || e.layout.tightBounds {
		e.put(s.at("tightBounds"), f, value.Bool(known.TightBounds))
	}
	for i := range e.layout.bounds {
		b := &e.layout.bounds[i]
		c, _ := known.Written(b.path...)
		if c.NullCount >= 0 {
			e.put(b.nul, f, value.Int(schema.Long, c.NullCount))
		}
		if b.min != nil {
			e.put(b.min, f, c.Min)
			e.put(b.max, f, c.Max)
		}
	}
}

// put puts a value of a typed column of a file.
func (e *encoder) put(s *slot, f *log.AddFile, v value.Value) {
	if e.row.typed(s, v) && v.Type() != schema.Binary { // which has no text to compare
		e.kept.typed(f.Path, s.first, v)
	}
}
