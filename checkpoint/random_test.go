package checkpoint

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/foreset/foreset/log"
)

const testSchema = `{"type":"struct","fields":[
	{"name":"id","type":"long","nullable":true,"metadata":{}},
	{"name":"b","type":"byte","nullable":true,"metadata":{}},
	{"name":"s","type":"short","nullable":true,"metadata":{}},
	{"name":"i","type":"integer","nullable":true,"metadata":{}},
	{"name":"f","type":"float","nullable":true,"metadata":{}},
	{"name":"d","type":"double","nullable":true,"metadata":{}},
	{"name":"name","type":"string","nullable":true,"metadata":{}},
	{"name":"flag","type":"boolean","nullable":true,"metadata":{}},
	{"name":"raw","type":"binary","nullable":true,"metadata":{}},
	{"name":"day","type":"date","nullable":true,"metadata":{}},
	{"name":"ts","type":"timestamp","nullable":true,"metadata":{}},
	{"name":"ntz","type":"timestamp_ntz","nullable":true,"metadata":{}},
	{"name":"d9","type":"decimal(9,2)","nullable":true,"metadata":{}},
	{"name":"d18","type":"decimal(18,4)","nullable":true,"metadata":{}},
	{"name":"d38","type":"decimal(38,18)","nullable":true,"metadata":{}},
	{"name":"list","type":{"type":"array","elementType":"long","containsNull":true},"nullable":true,"metadata":{}},
	{"name":"nested","type":{"type":"struct","fields":[
		{"name":"x","type":"long","nullable":true,"metadata":{}},
		{"name":"deep","type":{"type":"struct","fields":[{"name":"y","type":"string","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}
	]},"nullable":true,"metadata":{}},
	{"name":"p","type":"string","nullable":true,"metadata":{}},
	{"name":"q","type":"timestamp","nullable":true,"metadata":{}},
	{"name":"r","type":"binary","nullable":true,"metadata":{}}
]}`

// random makes states from a seed.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 1))} }

func ptr[T any](v T) *T { return &v }

// maybe is v, or nil half of the time.
func maybe[T any](r random, v T) *T {
	if r.IntN(2) == 0 {
		return nil
	}
	return &v
}

var words = []string{"", "a", "é€😀", "x/y z%20#?\"'\\", "\u0000\x01", "__HIVE_DEFAULT_PARTITION__", strings.Repeat("long ", 300)}

func (r random) word() string { return words[r.IntN(len(words))] }

func (r random) texts(n int) map[string]*string {
	m := map[string]*string{}
	for i := range r.IntN(n + 1) {
		m[fmt.Sprintf("%s%d", r.word(), i)] = maybe(r, r.word())
	}
	return m
}

func (r random) vector() *log.DeletionVector {
	if r.IntN(3) > 0 {
		return nil
	}
	return &log.DeletionVector{
		StorageType:    []string{"u", "i", "p"}[r.IntN(3)],
		PathOrInlineDV: fmt.Sprintf("ab^-aqEH.-t@S}K{vb[*k%d", r.IntN(1000)),
		Offset:         maybe(r, r.Int32N(100)-1),
		SizeInBytes:    r.Int32N(1000),
		Cardinality:    r.Int64N(1e6),
		MaxRowIndex:    maybe(r, r.Int64()),
	}
}

func (r random) add(i int) *log.AddFile {
	a := &log.AddFile{
		Path:                    fmt.Sprintf("p=%d/%s-%d.parquet", r.IntN(5), r.word(), i),
		PartitionValues:         map[string]*string{},
		Size:                    r.Int64(),
		ModificationTime:        r.Int64N(2e12) - 1e12,
		Stats:                   r.stats(),
		DeletionVector:          r.vector(),
		BaseRowID:               maybe(r, r.Int64()),
		DefaultRowCommitVersion: maybe(r, r.Int64N(3)),
		ClusteringProvider:      maybe(r, "liquid"),
	}
	if r.IntN(4) > 0 {
		a.PartitionValues["p"] = maybe(r, r.word())
		a.PartitionValues["q"] = maybe(r, "2024-03-10T09:02:03.123456Z")
		a.PartitionValues["r"] = maybe(r, "\\u0001\\u00FF")
	}
	if r.IntN(2) == 0 {
		a.Tags = r.texts(3)
	}
	return a
}

func (r random) stats() string {
	switch r.IntN(8) {
	case 0:
		return ""
	case 1:
		return "not JSON"
	case 2:
		return `{"numRecords":9007199254740993}`
	case 3:
		return `{"numRecords":3,"minValues":{},"nullCount":{"id":3,"unknown":1,"nested":{"x":1,"deep":{"y":0}}},"tightBounds":false}`
	}
	return fmt.Sprintf(`{"numRecords":%d,"minValues":{"id":%d,"b":-128,"s":1,"i":-7,"f":1.5,"d":-1.0E20,"name":%q,"day":"0001-01-01",`+
		`"ts":"2024-03-10T01:02:03.123-08:00","ntz":"2024-03-10T02:30:00.123","d9":-1234567.89,"d18":1.5,"d38":-1E-18,"nested":{"x":1,"deep":{"y":"a"}}},`+
		`"maxValues":{"id":%d,"f":"NaN","d":"Infinity","name":"z\u00e9","day":"9999-12-31","d38":12345678901234567890.123456789012345678},`+
		`"nullCount":{"id":0,"list":4,"raw":1,"flag":2,"nested":{"x":0,"deep":{"y":7}}}}`,
		r.Int64N(1000), r.Int64(), fmt.Sprint("n", r.IntN(10)), r.Int64())
}

func (r random) remove(i int) *log.RemoveFile {
	f := &log.RemoveFile{
		Path:                    fmt.Sprintf("gone-%d", i),
		DeletionTimestamp:       maybe(r, r.Int64N(2e12)),
		ExtendedFileMetadata:    maybe(r, r.IntN(2) == 0),
		Size:                    maybe(r, r.Int64()),
		DeletionVector:          r.vector(),
		BaseRowID:               maybe(r, r.Int64()),
		DefaultRowCommitVersion: maybe(r, int64(0)),
	}
	if r.IntN(2) == 0 {
		f.PartitionValues = r.texts(2)
	}
	return f
}

// state is a source and what it holds.
type state struct {
	Source
	adds    []*log.AddFile
	removes []*log.RemoveFile
}

func (r random) state(files int) *state {
	s := &state{Source: Source{Version: log.Version(r.IntN(100)), NumAdds: -1, AddBytes: -1}}
	s.Protocol = []*log.Protocol{
		{MinReaderVersion: 1, MinWriterVersion: 2},
		{MinReaderVersion: 2, MinWriterVersion: 7, WriterFeatures: []string{"columnMapping"}},
		{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{}, WriterFeatures: []string{}},
		{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"deletionVectors"}, WriterFeatures: []string{"deletionVectors", "appendOnly"}},
	}[r.IntN(4)]
	s.Metadata = &log.Metadata{
		ID: "6a1c9f6e-0b1e-4d5f-9c86-0f4f0a3a1d11", Name: maybe(r, r.word()), Description: maybe(r, r.word()),
		Format:           log.Format{Provider: "parquet", Options: map[string]string{}},
		SchemaString:     testSchema,
		PartitionColumns: [][]string{{}, {"p"}, {"q", "p", "r"}}[r.IntN(3)],
		Configuration:    map[string]string{},
		CreatedTime:      maybe(r, r.Int64()),
	}
	for _, name := range []string{"delta.checkpoint.writeStatsAsJson", "delta.checkpoint.writeStatsAsStruct"} {
		if v := r.IntN(3); v < 2 {
			s.Metadata.Configuration[name] = []string{"true", "false"}[v]
		}
	}
	if r.IntN(8) == 0 {
		s.Metadata.SchemaString = "no schema"
	}
	if r.IntN(2) == 0 {
		s.Metadata.Configuration["some.key"] = r.word()
		s.Metadata.Format.Options["k"] = r.word()
	}
	for i := range r.IntN(4) {
		s.Txns = append(s.Txns, &log.SetTransaction{AppID: fmt.Sprint(r.word(), i), Version: r.Int64() - r.Int64(), LastUpdated: maybe(r, r.Int64N(2e12))})
	}
	for i := range r.IntN(4) {
		s.Domains = append(s.Domains, &log.DomainMetadata{Domain: fmt.Sprint("d", i), Configuration: r.word()})
	}
	slices.SortFunc(s.Txns, func(a, b *log.SetTransaction) int { return strings.Compare(a.AppID, b.AppID) })
	for i := range files {
		s.adds = append(s.adds, r.add(i))
	}
	for i := range r.IntN(files + 1) {
		s.removes = append(s.removes, r.remove(i))
	}
	s.Adds, s.Removes = all(s.adds), all(s.removes)
	return s
}

func all[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
	}
}

var testNow = time.UnixMilli(1_900_000_000_000)
