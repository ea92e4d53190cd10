package checkpoint

import (
	"strings"
	"testing"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// typedColumns lists the leaves below add.stats_parsed and
// add.partitionValues_parsed.
func typedColumns(m *log.Metadata) []string {
	var found []string
	for _, path := range newLayout(&log.Protocol{}, m).schema.Columns() {
		if name := strings.Join(path, "."); strings.HasPrefix(name, "add.stats_parsed.") || strings.HasPrefix(name, "add.partitionValues_parsed.") {
			found = append(found, strings.TrimPrefix(name, "add."))
		}
	}
	return found
}

func TestTypedColumnsFollowTheTable(t *testing.T) {
	const field = `{"name":%q,"type":%q,"nullable":true,"metadata":{"delta.columnMapping.physicalName":"col-%s"}}`
	table := func(conf map[string]string) *log.Metadata {
		text := `{"type":"struct","fields":[`
		for i, name := range []string{"a", "b", "p", "c"} {
			typ := []string{"long", "boolean", "date", "string"}[i]
			text += strings.NewReplacer("%q,\"type\":%q", `"`+name+`","type":"`+typ+`"`, "%s", name).Replace(field) + ","
		}
		return &log.Metadata{SchemaString: strings.TrimSuffix(text, ",") + "]}", PartitionColumns: []string{"p"}, Configuration: conf}
	}
	for _, c := range []struct {
		name string
		m    *log.Metadata
		want []string
	}{
		{"by default", table(nil), []string{
			"partitionValues_parsed.p",
			"stats_parsed.maxValues.a", "stats_parsed.maxValues.c", "stats_parsed.minValues.a", "stats_parsed.minValues.c",
			"stats_parsed.nullCount.a", "stats_parsed.nullCount.b", "stats_parsed.nullCount.c", "stats_parsed.numRecords", "stats_parsed.tightBounds"}},
		{"physical names", table(map[string]string{"delta.columnMapping.mode": "name", "delta.dataSkippingNumIndexedCols": "1"}), []string{
			"partitionValues_parsed.col-p",
			"stats_parsed.maxValues.col-a", "stats_parsed.minValues.col-a", "stats_parsed.nullCount.col-a", "stats_parsed.numRecords", "stats_parsed.tightBounds"}},
		{"chosen columns", table(map[string]string{"delta.dataSkippingStatsColumns": "b"}), []string{
			"partitionValues_parsed.p", "stats_parsed.nullCount.b", "stats_parsed.numRecords", "stats_parsed.tightBounds"}},
		{"no columns", table(map[string]string{"delta.dataSkippingNumIndexedCols": "0"}), []string{
			"partitionValues_parsed.p", "stats_parsed.numRecords", "stats_parsed.tightBounds"}},
		{"switched off", table(map[string]string{"delta.checkpoint.writeStatsAsStruct": "false"}), nil},
		{"a property that is none", table(map[string]string{"delta.dataSkippingNumIndexedCols": "many"}), nil},
		{"a schema that is none", &log.Metadata{SchemaString: "{"}, nil},
	} {
		same(t, c.name, typedColumns(c.m), c.want)
	}
}

func TestColumnsAreNamedAsTheProtocolHasThem(t *testing.T) {
	l := newLayout(&log.Protocol{}, &log.Metadata{Configuration: map[string]string{"delta.checkpoint.writeStatsAsStruct": "false"}})
	var got []string
	for _, path := range l.schema.Columns() {
		got = append(got, strings.Join(path, "."))
	}
	want := strings.Fields(`
		add.baseRowId add.clusteringProvider add.dataChange add.defaultRowCommitVersion
		add.deletionVector.cardinality add.deletionVector.maxRowIndex add.deletionVector.offset
		add.deletionVector.pathOrInlineDv add.deletionVector.sizeInBytes add.deletionVector.storageType
		add.modificationTime add.partitionValues.key_value.key add.partitionValues.key_value.value
		add.path add.size add.stats add.tags.key_value.key add.tags.key_value.value
		domainMetadata.configuration domainMetadata.domain domainMetadata.removed
		metaData.configuration.key_value.key metaData.configuration.key_value.value metaData.createdTime metaData.description
		metaData.format.options.key_value.key metaData.format.options.key_value.value metaData.format.provider metaData.id
		metaData.name metaData.partitionColumns.list.element metaData.schemaString
		protocol.minReaderVersion protocol.minWriterVersion protocol.readerFeatures.list.element protocol.writerFeatures.list.element
		remove.baseRowId remove.dataChange remove.defaultRowCommitVersion remove.deletionTimestamp
		remove.deletionVector.cardinality remove.deletionVector.maxRowIndex remove.deletionVector.offset
		remove.deletionVector.pathOrInlineDv remove.deletionVector.sizeInBytes remove.deletionVector.storageType
		remove.extendedFileMetadata remove.partitionValues.key_value.key remove.partitionValues.key_value.value remove.path remove.size
		txn.appId txn.lastUpdated txn.version`)
	same(t, "columns", got, want)
}

func TestDecimalsTakeTheFewestBytes(t *testing.T) { // as Spark writes and checks them
	for precision, want := range map[int]int{19: 9, 20: 9, 21: 9, 22: 10, 28: 12, 38: 16} {
		if got := decimalBytes(precision); got != want {
			t.Errorf("%d digits: %d bytes, want %d", precision, got, want)
		}
	}
	if n := typedNode(schema.Decimal{Precision: 19, Scale: 2}); n.Type().Length() != 9 {
		t.Errorf("length %d", n.Type().Length())
	}
}
