package stores

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/interop/proxy"
	"github.com/foreset/foreset/table"
)

var idOnly = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

func ids(t *testing.T, values ...int64) array.RecordReader {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, idOnly)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(values, nil)
	r, err := array.NewRecordReader(idOnly, []arrow.RecordBatch{b.NewRecordBatch()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rowsOf(tbl *table.Table) ([]int64, error) {
	s, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		return nil, err
	}
	var out []int64
	for b, err := range s.Scan(nil).Batches(context.Background()) {
		if err != nil {
			return nil, err
		}
		out = append(out, b.Column(0).(*array.Int64).Int64Values()...)
	}
	slices.Sort(out)
	return out, nil
}

// putMethod is how a service's clients put an object.
func putMethod(kind string) string {
	if kind == "GCS" {
		return "POST"
	}
	return "PUT"
}

// TestSpoiltCommits spoils the put of a commit in every way, on every kind of
// store. What Append says must be the truth: the row is there once if it says
// so, or after Resolve, and not at all otherwise.
func TestSpoiltCommits(t *testing.T) {
	for _, s := range servers {
		if s.Name == "moto" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			p, err := proxy.Start("http://"+s.Host, s.Kind == "S3")
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			at(t, s, p.Host())
			for _, effect := range []proxy.Effect{proxy.DropAnswer, proxy.ErrorAfter, proxy.Conflict, proxy.Busy, proxy.Hang, proxy.HangAfter,
				proxy.ResetBefore, proxy.Page, proxy.Forbidden} {
				t.Run(string(effect), func(t *testing.T) {
					location := s.Location(p.Host(), fresh())
					tbl, err := table.Create(context.Background(), location, idOnly, nil)
					if err != nil {
						t.Fatal(err)
					}
					defer tbl.Close(context.Background())
					if _, err := tbl.Append(context.Background(), ids(t, 1), nil); err != nil {
						t.Fatal(err)
					}
					p.Spoil(proxy.Nth(putMethod(s.Kind), "00000000000000000002.json", 0, effect))
					begun := time.Now()
					c, err := tbl.Append(context.Background(), ids(t, 2), nil)
					took := time.Since(begun)
					p.Spoil(nil)
					said, committed := "committed", err == nil
					var unknown *table.CommitUnknownError
					switch {
					case errors.As(err, &unknown):
						if _, committed, err = tbl.Resolve(context.Background(), unknown, false); err != nil {
							t.Fatal(err)
						}
						said = "unknown, then resolved"
					case err != nil:
						said = "not committed: " + err.Error()
					case c.Version != 2:
						t.Errorf("it became version %d", c.Version)
					}
					if effect != proxy.Forbidden && !committed {
						t.Errorf("a fault that passes ended the append: %v", err)
					}
					want := []int64{1}
					if committed {
						want = []int64{1, 2}
					}
					fresh, err := table.Open(context.Background(), location, nil)
					if err != nil {
						t.Fatal(err)
					}
					defer fresh.Close(context.Background())
					if got, err := rowsOf(fresh); err != nil || !slices.Equal(got, want) {
						t.Errorf("the table holds %v, %v, want %v: %s", got, err, want, said)
					}
					if _, err := fresh.Append(context.Background(), ids(t, 3), nil); err != nil {
						t.Errorf("the first append afterwards: %v", err)
					}
					t.Logf("%-10s %-16s %s, %d ms", s.Name, effect, said, took.Milliseconds())
				})
			}
		})
	}
}

// TestSpoiltReads spoils the first read of each kind of object of a table.
func TestSpoiltReads(t *testing.T) {
	for _, s := range servers {
		if s.Name == "moto" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			p, err := proxy.Start("http://"+s.Host, s.Kind == "S3")
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			at(t, s, p.Host())
			location := s.Location(p.Host(), fresh())
			tbl, err := table.Create(context.Background(), location, idOnly, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tbl.Close(context.Background())
			var want []int64
			for i := range int64(12) { // past a checkpoint
				if _, err := tbl.Append(context.Background(), ids(t, i), nil); err != nil {
					t.Fatal(err)
				}
				want = append(want, i)
			}
			for _, object := range []string{"_last_checkpoint", ".checkpoint.parquet", "00000000000000000012.json", ".crc", "part-", "prefix="} {
				for _, effect := range []proxy.Effect{proxy.CutBody, proxy.Busy, proxy.ErrorAfter, proxy.DropAnswer, proxy.Hang, proxy.Page} {
					t.Run(object+" "+string(effect), func(t *testing.T) {
						p.Spoil(proxy.Nth("GET", object, 0, effect))
						defer p.Spoil(nil)
						fresh, err := table.Open(context.Background(), location, nil)
						if err != nil {
							t.Fatal(err)
						}
						defer fresh.Close(context.Background())
						if got, err := rowsOf(fresh); err != nil || !slices.Equal(got, want) {
							t.Errorf("%v, %v", got, err)
						}
					})
				}
			}
		})
	}
}

// TestNothingAnswers: every kind of place that is not there gives an error
// that says so, in time.
func TestNothingAnswers(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if s.Name == "moto" {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			host := fmt.Sprintf("127.0.0.1:%d", port)
			at(t, s, host)
			_, err := table.Open(ctx, s.Location(host, "x"), nil)
			if err == nil || strings.Contains(err.Error(), awsSecret) || strings.Contains(err.Error(), azureKey) {
				t.Error(err)
			}
			t.Log(err)
		})
	}
}
