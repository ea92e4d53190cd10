package checkpoint

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// foreign is a checkpoint as another program might write it: any schema, and
// rows that are made by calling put for the columns that are not null.
func foreign(t *testing.T, root parquet.Group, rows ...func(put func(v any, path ...string))) []byte {
	t.Helper()
	return foreignWith(t, nil, root, rows...)
}

func foreignWith(t *testing.T, options []parquet.WriterOption, root parquet.Group, rows ...func(put func(v any, path ...string))) []byte {
	t.Helper()
	s := parquet.NewSchema("foreign", root)
	leaves := 0
	slots := newSlot(s, 0, &leaves)
	var body bytes.Buffer
	w := parquet.NewWriter(&body, append(options, s, parquet.DefaultEncoding(&parquet.Plain))...)
	for _, fill := range rows {
		r := newRow(leaves, slots.levels())
		fill(func(v any, path ...string) {
			at := slots.at(path...)
			if v == nil {
				r.there(at)
				return
			}
			value := parquet.ValueOf(v).Level(0, at.def, at.first)
			if i := at.first; len(r.columns[i]) > 0 && !r.columns[i][0].IsNull() { // the next item of a list
				r.columns[i] = append(r.columns[i], parquet.ValueOf(v).Level(1, at.def, i))
			} else {
				r.columns[i] = []parquet.Value{value}
			}
		})
		if _, err := w.WriteRows([]parquet.Row{r.appendTo(nil)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

type put = func(v any, path ...string)

func required(n parquet.Node) parquet.Node { return parquet.Required(n) }

func TestRequiredColumnsAreRead(t *testing.T) { // as delta-rs writes them
	body := foreign(t, parquet.Group{
		"add": optional(parquet.Group{
			"path": required(parquet.String()), "size": required(parquet.Leaf(parquet.Int64Type)),
			"modificationTime": required(parquet.Leaf(parquet.Int64Type)), "dataChange": required(parquet.Leaf(parquet.BooleanType)),
			"unknown": text(),
		}),
		"protocol": optional(parquet.Group{"minReaderVersion": required(parquet.Leaf(parquet.Int32Type)), "minWriterVersion": required(parquet.Leaf(parquet.Int32Type))}),
		"sidecar":  optional(parquet.Group{"path": text()}),
	}, func(put put) {
		put(int32(1), "protocol", "minReaderVersion")
		put(int32(2), "protocol", "minWriterVersion")
	}, func(put put) {
		put("a", "add", "path")
		put(int64(7), "add", "size")
		put(int64(8), "add", "modificationTime")
		put(true, "add", "dataChange")
		put("x", "add", "unknown")
	})
	s, adds, _ := readAll(t, body)
	same(t, "protocol", s.Protocol, &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2})
	same(t, "adds", adds, []*log.AddFile{{Path: "a", Size: 7, ModificationTime: 8, PartitionValues: map[string]*string{}}})
}

func TestLegacyMapsAndListsAreReadByStructure(t *testing.T) {
	entries := func(repeated string, key, value string) parquet.Node {
		return optional(parquet.Group{repeated: parquet.Repeated(parquet.Group{key: required(parquet.String()), value: text()})})
	}
	body := foreign(t, parquet.Group{
		"add": optional(parquet.Group{
			"path": text(), "size": long(), "modificationTime": long(),
			"partitionValues": entries("map", "key", "value"), "tags": entries("entries", "a", "b"),
		}),
		"protocol": optional(parquet.Group{
			"minReaderVersion": integer(), "minWriterVersion": integer(),
			"readerFeatures": optional(parquet.Group{"array": parquet.Repeated(parquet.String())}),
			"writerFeatures": optional(parquet.Group{"bag": parquet.Repeated(parquet.Group{"array_element": text()})}),
		}),
		"metaData": optional(parquet.Group{
			"id": text(), "schemaString": text(), "partitionColumns": parquet.Repeated(parquet.String()),
			"format": optional(parquet.Group{"provider": text()}),
		}),
	}, func(put put) {
		put(int32(3), "protocol", "minReaderVersion")
		put(int32(7), "protocol", "minWriterVersion")
		put("x", "protocol", "readerFeatures", "array")
		put("y", "protocol", "readerFeatures", "array")
		put("x", "protocol", "writerFeatures", "bag", "array_element")
	}, func(put put) {
		put("id", "metaData", "id")
		put("parquet", "metaData", "format", "provider")
		put("{}", "metaData", "schemaString")
		put("p", "metaData", "partitionColumns")
		put("q", "metaData", "partitionColumns")
	}, func(put put) {
		put("a", "add", "path")
		put(int64(7), "add", "size")
		put("p", "add", "partitionValues", "map", "key")
		put("1", "add", "partitionValues", "map", "value")
		put(nil, "add", "tags") // empty, not null
	})
	s, adds, _ := readAll(t, body)
	same(t, "protocol", s.Protocol, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"x", "y"}, WriterFeatures: []string{"x"}})
	same(t, "metadata", s.Metadata, &log.Metadata{ID: "id", SchemaString: "{}", PartitionColumns: []string{"p", "q"}, Format: log.Format{Provider: "parquet"}})
	same(t, "adds", adds, []*log.AddFile{{Path: "a", Size: 7, PartitionValues: map[string]*string{"p": ptr("1")}, Tags: map[string]*string{}}})
}

// TestEdgeC58MissingColumnsAreNull: a checkpoint of the first Delta versions.
func TestEdgeC58MissingColumnsAreNull(t *testing.T) {
	body := foreign(t, parquet.Group{
		"add":    optional(parquet.Group{"path": text(), "size": long()}),
		"remove": optional(parquet.Group{"path": text(), "deletionTimestamp": long()}),
		"txn":    optional(parquet.Group{"appId": text(), "version": long()}),
	}, func(put put) {
		put("a", "add", "path")
		put(int64(7), "add", "size")
	}, func(put put) {
		put("b", "remove", "path")
	}, func(put put) {
		put("app", "txn", "appId")
		put(int64(-3), "txn", "version")
	})
	s, adds, removes := readAll(t, body)
	same(t, "state", s, &State{Txns: []*log.SetTransaction{{AppID: "app", Version: -3}}})
	same(t, "adds", adds, []*log.AddFile{{Path: "a", Size: 7, PartitionValues: map[string]*string{}}})
	same(t, "removes", removes, []*log.RemoveFile{{Path: "b"}})
}

func TestARowIsAnAddOnlyIfItHasAPath(t *testing.T) { // some writers leave a struct of nulls in other rows
	body := foreign(t, parquet.Group{
		"add": optional(parquet.Group{"path": text(), "size": long(), "partitionValues": textMap()}),
		"txn": optional(parquet.Group{"appId": text(), "version": long()}),
	}, func(put put) {
		put(nil, "add")
		put("app", "txn", "appId")
		put(int64(1), "txn", "version")
	}, func(put put) {
		put("a", "add", "path")
		put(int64(7), "add", "size")
		put(nil, "txn")
	})
	s, adds, _ := readAll(t, body)
	if len(s.Txns) != 1 || len(adds) != 1 || adds[0].Path != "a" {
		t.Errorf("%+v %+v", s.Txns, adds)
	}
}

// TestEdgeC57StatisticsAreRebuiltFromTheParsedForm: a checkpoint without the
// column stats, as Spark writes it: timestamps as INT96.
func TestEdgeC57StatisticsAreRebuiltFromTheParsedForm(t *testing.T) {
	bounds := func() parquet.Node {
		return optional(parquet.Group{
			"id": long(), "i": integer(), "f": optional(parquet.Leaf(parquet.FloatType)), "d": optional(parquet.Leaf(parquet.DoubleType)),
			"name": text(), "raw": optional(parquet.Leaf(parquet.ByteArrayType)), "day": optional(parquet.Date()),
			"ts": optional(parquet.Leaf(parquet.Int96Type)), "ntz": optional(parquet.TimestampAdjusted(parquet.Microsecond, false)),
			"ms": optional(parquet.Timestamp(parquet.Millisecond)), "ns": optional(parquet.Timestamp(parquet.Nanosecond)),
			"d9":     optional(parquet.Decimal(2, 9, parquet.Int32Type)),
			"d38":    optional(parquet.Decimal(3, 38, parquet.FixedLenByteArrayType(16))),
			"nested": optional(parquet.Group{"x": long()}),
		})
	}
	int96 := func(day int64, nanos uint64) deprecated.Int96 {
		var b [12]byte
		binary.LittleEndian.PutUint64(b[:], nanos)
		binary.LittleEndian.PutUint32(b[8:], uint32(day+2_440_588))
		return deprecated.Int96{binary.LittleEndian.Uint32(b[0:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
	}
	body := foreign(t, parquet.Group{"add": optional(parquet.Group{
		"path": text(), "size": long(),
		"stats_parsed": optional(parquet.Group{
			"numRecords": long(), "minValues": bounds(), "maxValues": bounds(),
			"nullCount":   optional(parquet.Group{"id": long(), "nested": optional(parquet.Group{"x": long()})}),
			"tightBounds": boolean(),
		}),
	})}, func(put put) {
		put("a", "add", "path")
		put(int64(1), "add", "size")
		at := func(name string) []string { return []string{"add", "stats_parsed", "minValues", name} }
		put(int64(9007199254740993), at("id")...)
		put(int32(-5), at("i")...)
		put(float32(0.1), at("f")...)
		put(-1e20, at("d")...)
		put("q\"é\n", at("name")...)
		put([]byte("not text"), at("raw")...)
		put(int32(-719162), at("day")...)
		put(int96(-1, 86_399_999_999_000), at("ts")...)
		put(int64(-1), at("ntz")...)
		put(int64(1_710_061_323_123), at("ms")...)
		put(int64(-1), at("ns")...)
		put(int32(-150), at("d9")...)
		put(bytes.Repeat([]byte{0xff}, 16), at("d38")...)
		put(int64(3), "add", "stats_parsed", "minValues", "nested", "x")
		put(int64(2), "add", "stats_parsed", "nullCount", "nested", "x")
		put(int96(2_932_896, 0), "add", "stats_parsed", "maxValues", "ts") // 9999-12-31
		put(int64(10), "add", "stats_parsed", "numRecords")
		put(false, "add", "stats_parsed", "tightBounds")
	}, func(put put) {
		put("b", "add", "path")
		put(int64(1), "add", "size")
	})
	_, adds, _ := readAll(t, body)
	const want = `{"numRecords":10,"minValues":{"d":-1.0E20,"d38":-0.001,"d9":-1.50,"day":"0001-01-01","f":0.1,"i":-5,"id":9007199254740993,` +
		`"ms":"2024-03-10T09:02:03.123Z","name":"q\"é\n","nested":{"x":3},"ns":"1969-12-31T23:59:59.999Z","ntz":"1969-12-31T23:59:59.999","ts":"1969-12-31T23:59:59.999Z"},` +
		`"maxValues":{"ts":"9999-12-31T00:00:00.000Z"},"nullCount":{"nested":{"x":2}},"tightBounds":false}`
	if adds[0].Stats != want {
		t.Errorf("got  %s\nwant %s", adds[0].Stats, want)
	}
	if adds[1].Stats != "" {
		t.Errorf("a file without statistics got %s", adds[1].Stats)
	}
}

// TestParsedDatesOfTheOldCalendarAreUnknown where the two calendars differ.
func TestParsedDatesOfTheOldCalendarAreUnknown(t *testing.T) {
	values := optional(parquet.Group{"day": optional(parquet.Date()), "ts": optional(parquet.Timestamp(parquet.Microsecond)), "id": long()})
	const old, new = `{"minValues":{"id":1},"maxValues":{"day":"2000-01-01","id":1,"ts":"2000-01-01T00:00:00.000Z"}}`,
		`{"minValues":{"day":"1501-04-10","id":1,"ts":"1804-12-04T00:00:00.000Z"},"maxValues":{"day":"2000-01-01","id":1,"ts":"2000-01-01T00:00:00.000Z"}}`
	for _, c := range []struct{ version, legacy, want string }{
		{"3.5.0", "", new}, {"3.5.0", "org.apache.spark.legacyDateTime", old}, {"2.4.8", "", old},
	} {
		options := []parquet.WriterOption{parquet.KeyValueMetadata("org.apache.spark.version", c.version)}
		if c.legacy != "" {
			options = append(options, parquet.KeyValueMetadata(c.legacy, ""))
		}
		body := foreignWith(t, options, parquet.Group{"add": optional(parquet.Group{
			"path": text(), "size": long(), "stats_parsed": optional(parquet.Group{"minValues": values, "maxValues": values}),
		})}, func(put put) {
			put("a", "add", "path")
			put(int64(1), "add", "size")
			for of, day := range map[string]int32{"minValues": -171_200, "maxValues": 10_957} {
				put(day, "add", "stats_parsed", of, "day")
				put(int64(1), "add", "stats_parsed", of, "id")
			}
			put(int64(-60_293)*86_400_000_000, "add", "stats_parsed", "minValues", "ts")
			put(int64(10_957)*86_400_000_000, "add", "stats_parsed", "maxValues", "ts")
		})
		if _, adds, _ := readAll(t, body); adds[0].Stats != c.want {
			t.Errorf("Spark %s %s:\ngot  %s\nwant %s", c.version, c.legacy, adds[0].Stats, c.want)
		}
	}
}

// TestEdgeC57StatisticsSurviveACheckpointWithoutJSON: what is rebuilt says the
// same as what was written.
func TestEdgeC57StatisticsSurviveACheckpointWithoutJSON(t *testing.T) {
	s, err := schema.Parse([]byte(testSchema))
	if err != nil {
		t.Fatal(err)
	}
	r := newRandom(11)
	src := r.state(40)
	src.Metadata.SchemaString = testSchema
	src.Metadata.PartitionColumns = []string{"p"}
	src.Metadata.Configuration = map[string]string{"delta.checkpoint.writeStatsAsJson": "false"}
	body, _, err := Encode(context.Background(), &src.Source, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, adds, _ := readAll(t, body)
	compared := 0
	for i, want := range src.adds {
		w, err := stats.Parse(want.Stats, s)
		if err != nil {
			if adds[i].Stats != "" {
				t.Errorf("from %q came %q", want.Stats, adds[i].Stats)
			}
			continue
		}
		g, err := stats.Parse(adds[i].Stats, s)
		if err != nil {
			t.Fatalf("from %q came %q: %v", want.Stats, adds[i].Stats, err)
		}
		if g.NumRecords != w.NumRecords || g.TightBounds != w.TightBounds {
			t.Errorf("from %q came %q", want.Stats, adds[i].Stats)
		}
		for path := range s.Leaves() {
			wc, _ := w.Written(path...)
			gc, _ := g.Written(path...)
			same(t, "null count", gc.NullCount, wc.NullCount)
			if gc.Min.GoString() != wc.Min.GoString() || gc.Max.GoString() != wc.Max.GoString() {
				t.Errorf("%v: got %#v to %#v, want %#v to %#v", path, gc.Min, gc.Max, wc.Min, wc.Max)
			}
		}
		compared++
	}
	if compared < 20 {
		t.Errorf("only %d compared", compared)
	}
}

func TestWhatAnActionMustHaveIsChecked(t *testing.T) {
	file := parquet.Group{"add": optional(parquet.Group{"path": text(), "size": long(), "deletionVector": vectorNode()}),
		"txn":      optional(parquet.Group{"appId": text(), "version": long()}),
		"protocol": optional(parquet.Group{"minReaderVersion": integer(), "minWriterVersion": integer()}),
		"metaData": optional(parquet.Group{"id": text()}),
	}
	for name, rows := range map[string][]func(put put){
		"add without a size": {func(put put) { put("a", "add", "path") }},
		"vector without a size": {func(put put) {
			put("a", "add", "path")
			put(int64(1), "add", "size")
			put("u", "add", "deletionVector", "storageType")
		}},
		"txn without a version": {func(put put) { put("a", "txn", "appId") }, func(put put) {
			put("b", "txn", "appId")
			put(int64(1), "txn", "version")
		}},
		"no txn has a version": {func(put put) { put("a", "txn", "appId") }},
		"two protocols":        {func(put put) { put(int32(1), "protocol", "minReaderVersion") }, func(put put) { put(int32(1), "protocol", "minReaderVersion") }},
		"two metaData":         {func(put put) { put("a", "metaData", "id") }, func(put put) { put("b", "metaData", "id") }},
	} {
		if err := drain(context.Background(), foreign(t, file, rows...)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
