package scan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// This file makes the column _metadata: what is known of a row's file and of
// its place there. It is a struct, as in Spark; no schema has it, and a scan has
// what is asked of it by name.
//
//	file_path, file_name, file_size, file_modification_time   of the log
//	row_index                                                 position in the file, from 0, deleted rows counted
//	base_row_id, default_row_commit_version                   of the log         ┐ of tables with
//	row_id, row_commit_version                                see materialized   ┘ row tracking
//
// A table that has a column of this name keeps it, and there is no other.

const metadataColumn = "_metadata"

// A member of _metadata.
const (
	filePath           = "file_path"
	fileName           = "file_name"
	fileSize           = "file_size"
	fileModified       = "file_modification_time"
	rowIndex           = "row_index"
	rowID              = "row_id"
	rowCommitVersion   = "row_commit_version"
	baseRowID          = "base_row_id"
	defaultRowCommit   = "default_row_commit_version"
	materializedRowID  = "delta.rowTracking.materializedRowIdColumnName"
	materializedCommit = "delta.rowTracking.materializedRowCommitVersionColumnName"
)

// WithMetadata is the schema of a table and the column _metadata: what a scan can
// be asked for.
func WithMetadata(s *schema.Struct, md *log.Metadata) *schema.Struct {
	if slices.ContainsFunc(s.Fields, func(f schema.Field) bool { return strings.EqualFold(f.Name, metadataColumn) }) {
		return s
	}
	members := &schema.Struct{Fields: []schema.Field{
		{Name: filePath, Type: schema.String}, {Name: fileName, Type: schema.String}, {Name: fileSize, Type: schema.Long},
		{Name: fileModified, Type: schema.Timestamp}, {Name: rowIndex, Type: schema.Long},
	}}
	if strings.EqualFold(md.Configuration["delta.enableRowTracking"], "true") {
		for _, name := range []string{rowID, baseRowID, rowCommitVersion, defaultRowCommit} {
			members.Fields = append(members.Fields, schema.Field{Name: name, Type: schema.Long, Nullable: true})
		}
	}
	fields := append(s.Fields[:len(s.Fields):len(s.Fields)], schema.Field{Name: metadataColumn, Type: members})
	return &schema.Struct{Fields: fields}
}

// isMetadata says whether a column is the one of this file.
func (p *Plan) isMetadata(f schema.Field) bool {
	return f.Name == metadataColumn && len(p.schema.Fields) > len(p.opts.Schema.Fields)
}

// materialized is the columns of data files that members of _metadata are made
// from: rows that were moved keep there what they were given first (protocol,
// section "Row Tracking"). They are outside of the schema.
func (p *Plan) materialized(members *schema.Struct) []schema.Field {
	var fields []schema.Field
	for _, m := range members.Fields {
		if name := p.opts.State.Metadata.Configuration[materializedIn(m.Name)]; name != "" {
			fields = append(fields, schema.Field{Name: name, Type: schema.Long, Nullable: true})
		}
	}
	return fields
}

// materializedIn is the property that names the column of a member, if it has
// one.
func materializedIn(member string) string {
	switch member {
	case rowID:
		return materializedRowID
	case rowCommitVersion:
		return materializedCommit
	default:
		return ""
	}
}

// metadata makes the members that are asked for, of some rows of a file. data
// holds the columns of materialized from column at on.
func (p *Plan) metadata(members *schema.Struct, f replay.File, rows []parquetio.RowRange, data arrow.RecordBatch, at int) (arrow.Array, error) {
	t, err := arrowconv.Type(members)
	if err != nil {
		return nil, err
	}
	var columns []arrow.Array
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	add := f.Add()
	for _, m := range members.Fields {
		var stored *array.Int64
		if p.opts.State.Metadata.Configuration[materializedIn(m.Name)] != "" {
			stored = data.Column(at).(*array.Int64)
			at++
		}
		c, err := p.member(m, add, rows, stored, int(data.NumRows()))
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	children := make([]arrow.ArrayData, len(columns))
	for i, c := range columns {
		children[i] = c.Data()
	}
	whole := array.NewData(t, int(data.NumRows()), []*memory.Buffer{nil}, children, 0, 0)
	defer whole.Release()
	return array.MakeFromData(whole), nil
}

// member makes one of them.
func (p *Plan) member(m schema.Field, add *log.AddFile, rows []parquetio.RowRange, stored *array.Int64, n int) (arrow.Array, error) {
	switch m.Name {
	case rowIndex:
		return p.places(nil, new(int64), rows, n)
	case rowID:
		return p.places(stored, add.BaseRowID, rows, n)
	case rowCommitVersion:
		return p.tracked(stored, add.DefaultRowCommitVersion, n), nil
	}
	t, err := arrowconv.Type(m.Type)
	if err != nil {
		return nil, err
	}
	return constant(t, p.known(m, add), n, p)
}

// known is a member that is the same throughout a file.
func (p *Plan) known(m schema.Field, add *log.AddFile) value.Value {
	optional := func(n *int64) value.Value {
		if n == nil {
			return value.Null(schema.Long)
		}
		return value.Int(schema.Long, *n)
	}
	switch m.Name {
	case filePath:
		return value.String(p.uri(add.Path))
	case fileName:
		uri := p.uri(add.Path)
		return value.String(uri[strings.LastIndexByte(uri, '/')+1:])
	case fileSize:
		return value.Int(schema.Long, add.Size)
	case fileModified:
		if ms := add.ModificationTime; ms <= math.MaxInt64/1000 && ms >= math.MinInt64/1000 {
			return value.Int(schema.Timestamp, 1000*ms)
		}
		return value.Null(schema.Timestamp)
	case baseRowID:
		return optional(add.BaseRowID)
	default:
		return optional(add.DefaultRowCommitVersion)
	}
}

// uri is where a file is, as its path is written in the log but for what would
// end the path of a URI.
func (p *Plan) uri(path string) string {
	if _, err := log.DecodePath(path); err != nil || p.opts.Root == "" {
		return path
	}
	return strings.TrimSuffix(p.opts.Root, "/") + "/" + endless.Replace(path)
}

var endless = strings.NewReplacer("?", "%3F", "#", "%23")

// places is, for each row, what is stored, or else its place in the file counted
// from a base; null without a base.
func (p *Plan) places(stored *array.Int64, base *int64, rows []parquetio.RowRange, n int) (arrow.Array, error) {
	b := array.NewInt64Builder(p.opts.Allocator)
	defer b.Release()
	b.Reserve(n)
	i := 0
	for _, r := range rows {
		if base != nil && *base > math.MaxInt64-r.End() {
			return nil, fmt.Errorf("%w: base row id %d is too large for its rows", log.ErrCorrupt, *base)
		}
		for row := r.First; row < r.End(); row++ {
			switch {
			case stored != nil && stored.IsValid(i):
				b.UnsafeAppend(stored.Value(i))
			case base != nil:
				b.UnsafeAppend(*base + row)
			default:
				b.UnsafeAppendBoolToBitmap(false)
			}
			i++
		}
	}
	return b.NewInt64Array(), nil
}

// tracked is, for each row, what is stored, or else a default; null without one.
func (p *Plan) tracked(stored *array.Int64, otherwise *int64, n int) arrow.Array {
	b := array.NewInt64Builder(p.opts.Allocator)
	defer b.Release()
	b.Reserve(n)
	for i := range n {
		switch {
		case stored != nil && stored.IsValid(i):
			b.UnsafeAppend(stored.Value(i))
		case otherwise != nil:
			b.UnsafeAppend(*otherwise)
		default:
			b.UnsafeAppendBoolToBitmap(false)
		}
	}
	return b.NewInt64Array()
}
