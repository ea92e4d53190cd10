package log

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gojson "github.com/goccy/go-json"
)

// sampleCommit is n adds as a partitioned table with statistics on eight
// columns has them.
func sampleCommit(n int) []byte {
	var actions []Action
	for i := range n {
		actions = append(actions, &AddFile{
			Path:            fmt.Sprintf("month=%d/part-%05d-6b1a8c0e-7d0b-4a55-9a3e-%012x-c000.zstd.parquet", i%12+1, i, i),
			PartitionValues: map[string]*string{"month": ptr(fmt.Sprint(i%12 + 1))},
			Size:            1_000_000 + int64(i), ModificationTime: 1_700_000_000_000, DataChange: true,
			Stats: fmt.Sprintf(`{"numRecords":%d,"minValues":{"time_hour":"2013-01-01T10:00:00.000Z","carrier":"9E","flight":1,"tailnum":"D942DN","origin":"EWR","dest":"ALB","dep_delay":-30.0,"distance":80},`+
				`"maxValues":{"time_hour":"2013-02-01T04:00:00.000Z","carrier":"YV","flight":6181,"tailnum":"N9EAMQ","origin":"LGA","dest":"XNA","dep_delay":1301.0,"distance":4983},`+
				`"nullCount":{"time_hour":0,"carrier":0,"flight":0,"tailnum":155,"origin":0,"dest":0,"dep_delay":521,"distance":0},"tightBounds":true}`, 27004+i),
		})
	}
	return EncodeCommit(actions)
}

// jsonAdd is what the other decoders fill.
type jsonAdd struct {
	Add *struct {
		Path                    string             `json:"path"`
		PartitionValues         map[string]*string `json:"partitionValues"`
		Size                    int64              `json:"size"`
		ModificationTime        int64              `json:"modificationTime"`
		DataChange              bool               `json:"dataChange"`
		Stats                   string             `json:"stats"`
		Tags                    map[string]*string `json:"tags"`
		BaseRowID               *int64             `json:"baseRowId"`
		DefaultRowCommitVersion *int64             `json:"defaultRowCommitVersion"`
		ClusteringProvider      *string            `json:"clusteringProvider"`
	} `json:"add"`
}

func BenchmarkDecodeAdds(b *testing.B) {
	body := sampleCommit(1000)
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	others := func(unmarshal func([]byte, any) error) func(b *testing.B) {
		return func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				for _, line := range lines {
					var a jsonAdd
					if err := unmarshal([]byte(line), &a); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	}
	b.Run("log", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadActions(body, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", others(json.Unmarshal))
	b.Run("goccy", others(func(p []byte, v any) error { return gojson.Unmarshal(p, v) }))
}

func BenchmarkEncodeAdds(b *testing.B) {
	body := sampleCommit(1000)
	actions, err := ReadActions(body, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		EncodeCommit(actions)
	}
}

func BenchmarkSettleSyntax(b *testing.B) {
	body := sampleCommit(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := checkSyntax(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildSegment(b *testing.B) {
	entries := logOf("0-9999.json", "10.checkpoint.parquet", "9000.checkpoint.parquet")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := BuildSegment(entries, -1, nil); err != nil {
			b.Fatal(err)
		}
	}
}
