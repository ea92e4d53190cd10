package log

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestNamesAreWrittenAndRead(t *testing.T) {
	for _, c := range []struct {
		got, name string
		want      Name
	}{
		{CommitName(12), "_delta_log/00000000000000000012.json", Name{Kind: Commit, Version: 12, Hi: 12}},
		{CommitName(math.MaxInt64), "_delta_log/09223372036854775807.json", Name{Kind: Commit, Version: math.MaxInt64, Hi: math.MaxInt64}},
		{ChecksumName(0), "_delta_log/00000000000000000000.crc", Name{Kind: VersionChecksum}},
		{CheckpointName(10), "_delta_log/00000000000000000010.checkpoint.parquet", Name{Kind: ClassicCheckpoint, Version: 10, Hi: 10}},
		{MultipartCheckpointName(10, 2, 3), "_delta_log/00000000000000000010.checkpoint.0000000002.0000000003.parquet", Name{Kind: MultipartCheckpoint, Version: 10, Hi: 10, Part: 2, Parts: 3}},
		{UUIDCheckpointName(10, testUUID, "json"), "_delta_log/00000000000000000010.checkpoint." + testUUID + ".json", Name{Kind: UUIDCheckpoint, Version: 10, Hi: 10, UUID: testUUID, JSON: true}},
		{UUIDCheckpointName(10, testUUID, "parquet"), "_delta_log/00000000000000000010.checkpoint." + testUUID + ".parquet", Name{Kind: UUIDCheckpoint, Version: 10, Hi: 10, UUID: testUUID}},
		{CompactedName(3, 5), "_delta_log/00000000000000000003.00000000000000000005.compacted.json", Name{Kind: Compacted, Version: 3, Hi: 5}},
	} {
		if c.got != c.name {
			t.Errorf("written %s, not %s", c.got, c.name)
		}
		if got, ok := ParseName(c.name); !ok || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s is %+v, %v, not %+v", c.name, got, ok, c.want)
		}
	}
}

func TestOtherNamesAreNoneOfOurs(t *testing.T) { // edge case 9
	const v = "00000000000000000010"
	for _, name := range []string{
		"", "1.json", "0000000000000000010.json", "0" + v + ".json", "-0000000000000000010.json", "+0000000000000000010.json",
		"0000000000000000001x.json", "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠١.json", "09223372036854775808.json", "99999999999999999999.json",
		v, v + ".JSON", v + ".json.attrs", v + ".json ", " " + v + ".json", v + "json", v + ".sample", v + ".txt", "." + v + ".json.crc",
		"." + v + ".json." + testUUID + ".tmp", "_commit_" + testUUID + ".json.tmp", "_last_checkpoint", "_last_checkpoint.json",
		"_sidecars/" + v + ".json", "_staged_commits/" + v + "." + testUUID + ".json", "_delta_log/" + v + ".json",
		v + ".checkpoint", v + ".checkpoint.json", v + ".checkpoint.parquet.crc", v + ".checkpoint..parquet",
		v + ".checkpoint.0000000000.0000000003.parquet", v + ".checkpoint.0000000004.0000000003.parquet", v + ".checkpoint.1.3.parquet",
		v + ".checkpoint.0000000001.0000000003.json", v + ".checkpoint.0000000001.9999999999.parquet", v + ".checkpoint.0000000001.parquet",
		v + ".checkpoint." + testUUID, v + ".checkpoint." + testUUID + ".crc", v + ".checkpoint." + testUUID[1:] + ".json", v + ".checkpoint." + strings.ReplaceAll(testUUID, "-", "x") + ".json",
		v + ".checkpoint.0000000001.0000000003." + testUUID + ".parquet",
		v + "." + v + ".compacted.json", v + ".00000000000000000009.compacted.json", v + ".11.compacted.json", v + ".compacted.json", v + ".00000000000000000011.json",
	} {
		if n, ok := ParseName(Dir + name); ok {
			t.Errorf("%s is %+v", name, n)
		}
	}
	for _, name := range []string{v + ".json", "x/_delta_log/" + v + ".json", "_delta_logs/" + v + ".json"} {
		if n, ok := ParseName(name); ok {
			t.Errorf("%s, outside of the log, is %+v", name, n)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, e := range logOf("0.json", "5.crc", "5.checkpoint.parquet", "5.checkpoint.1.2.parquet", "5.uuid.json", "5.uuid.parquet", "3.5.compacted.json", "_last_checkpoint") {
		f.Add(e.Name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		n, ok := ParseName(name)
		if !ok {
			return
		}
		var again string
		switch n.Kind {
		case Commit:
			again = CommitName(n.Version)
		case VersionChecksum:
			again = ChecksumName(n.Version)
		case ClassicCheckpoint:
			again = CheckpointName(n.Version)
		case MultipartCheckpoint:
			again = MultipartCheckpointName(n.Version, n.Part, n.Parts)
		case UUIDCheckpoint:
			ext := "parquet"
			if n.JSON {
				ext = "json"
			}
			again = UUIDCheckpointName(n.Version, n.UUID, ext)
		case Compacted:
			again = CompactedName(n.Version, n.Hi)
		}
		if again != name {
			t.Fatalf("%q is %+v, which is %q", name, n, again)
		}
	})
}

func TestKindsHaveNames(t *testing.T) {
	for k := range Compacted + 2 {
		if k.String() == "" {
			t.Errorf("kind %d has none", k)
		}
	}
}
