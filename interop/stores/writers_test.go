package stores

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/table"
)

// childVariable makes the test binary a writer: "LOCATION FIRST COUNT".
const childVariable = "FORESET_STORES_WRITER"

var byWriter = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "writer", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// child appends rows, each in a commit of its own, and prints the ids of those
// that were acknowledged.
func child(job string) int {
	f := strings.Fields(job)
	first, _ := strconv.ParseInt(f[1], 10, 64)
	count, _ := strconv.ParseInt(f[2], 10, 64)
	ctx := context.Background()
	tbl, err := table.Open(ctx, f[0], nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for id := first; id < first+count; id++ {
		b := array.NewRecordBuilder(memory.DefaultAllocator, byWriter)
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.StringBuilder).Append("foreset")
		r, err := array.NewRecordReader(byWriter, []arrow.RecordBatch{b.NewRecordBatch()})
		if err == nil {
			_, err = tbl.Append(ctx, r, nil)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, id, err)
			return 1
		}
		fmt.Println(id)
	}
	if err := tbl.Close(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// writers runs processes that append, and returns the ids they were told are
// there.
func writers(t *testing.T, location string, processes, each int) []int64 {
	t.Helper()
	var all []int64
	outs := make([]bytes.Buffer, processes)
	errs := make([]bytes.Buffer, processes)
	children := make([]*exec.Cmd, processes)
	for i := range children {
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", childVariable, location, i*each, each))
		c.Stdout, c.Stderr = &outs[i], &errs[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children[i] = c
	}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Errorf("writer %d: %v: %s", i, err, errs[i].String())
		}
		for s := bufio.NewScanner(&outs[i]); s.Scan(); {
			id, err := strconv.ParseInt(s.Text(), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
	}
	return all
}

func newTable(t *testing.T, location string) {
	t.Helper()
	tbl, err := table.Create(context.Background(), location, byWriter, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tbl.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// ids of the table, and its version.
func idsAt(t *testing.T, location string) ([]int64, int64) {
	t.Helper()
	tbl, err := table.Open(context.Background(), location, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tbl.Close(context.Background())
	got, err := rowsOf(tbl)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		t.Fatal(err)
	}
	return got, s.Version()
}

func s3Server(t *testing.T) *Server {
	for _, s := range servers {
		if s.Name == "versitygw" {
			return s
		}
	}
	t.Fatal("no versitygw")
	return nil
}

func TestEightProcessesAppendToS3(t *testing.T) {
	s := s3Server(t)
	location := s.Location(s.Host, fresh())
	newTable(t, location)
	told := writers(t, location, 8, 50)
	slices.Sort(told)
	got, version := idsAt(t, location)
	if !slices.Equal(got, told) || len(got) != 400 || version != 400 {
		t.Errorf("%d acknowledged, %d rows, version %d", len(told), len(got), version)
	}
}

// TestMixedWritersOnS3 has four processes of ours and four of delta-rs append
// to one table at once.
func TestMixedWritersOnS3(t *testing.T) {
	s := s3Server(t)
	prefix := fresh()
	location := s.Location(s.Host, prefix)
	newTable(t, location)
	const each, theirFirst = 20, 100_000
	theirs := python(t, s, s.Host, "append_deltars.py", "s3://"+Bucket+"/"+prefix, "--processes", "4", "--commits", fmt.Sprint(each), "--first", fmt.Sprint(theirFirst))
	var out, errOut bytes.Buffer
	theirs.Stdout, theirs.Stderr = &out, &errOut
	if err := theirs.Start(); err != nil {
		t.Fatal(err)
	}
	told := writers(t, location, 4, each)
	err := theirs.Wait()
	var report struct {
		Landed  []int64
		Failed  map[string]string
		Retries int
	}
	if e := json.Unmarshal(out.Bytes(), &report); e != nil {
		t.Fatalf("%v, %v: %s", err, e, errOut.String())
	}
	t.Logf("delta-rs: %d landed, %d given up, %d retries", len(report.Landed), len(report.Failed), report.Retries)
	if len(told) != 4*each {
		t.Errorf("%d of %d appends of ours were acknowledged", len(told), 4*each)
	}
	got, version := idsAt(t, location)
	want := slices.Concat(told, report.Landed)
	for id := range report.Failed { // may be there or not, but not twice
		n, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(got, n) {
			want = append(want, n)
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) || version != int64(len(want)) {
		t.Errorf("version %d has %d rows, want %d", version, len(got), len(want))
	}
	read := python(t, s, s.Host, "read_deltars.py", "s3://"+Bucket+"/"+prefix)
	read.Stderr = &errOut
	lines, err := read.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errOut.String())
	}
	var seen []int64
	for l := range strings.Lines(string(lines)) {
		var row struct{ ID int64 }
		if err := json.Unmarshal([]byte(l), &row); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, row.ID)
	}
	slices.Sort(seen)
	if !slices.Equal(seen, got) {
		t.Errorf("delta-rs reads %d rows, we %d", len(seen), len(got))
	}
}

// python is a program of the other engines, pointed at a server of S3 or Azure,
// or at a proxy before it. It ends with the test.
func python(t *testing.T, s *Server, host, program string, args ...string) *exec.Cmd {
	t.Helper()
	python := filepath.Join(os.Getenv("FORESET_INTEROP_DIR"), "venv", "bin", "python")
	c := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("..", "peers", program)}, args...)...)
	c.Env = os.Environ()
	if s.Kind == "Azure" {
		c.Env = append(c.Env, "AZURE_STORAGE_USE_EMULATOR=true", "AZURITE_BLOB_STORAGE_URL=http://"+host, "AZURE_STORAGE_ACCOUNT_NAME="+azureAccount,
			"AZURE_STORAGE_ACCOUNT_KEY="+azureKey)
	} else {
		c.Env = append(c.Env, "AWS_ENDPOINT_URL=http://"+host, "AWS_ALLOW_HTTP=true", "AWS_REGION=us-east-1", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST=false")
	}
	return c
}

// TestFlightsOnEveryStore runs the main example.
func TestFlightsOnEveryStore(t *testing.T) {
	program := filepath.Join(t.TempDir(), "nycflights")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", filepath.Join("..", ".."), "-o", program, "./examples/nycflights")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	onEachKind(t, func(t *testing.T, s *Server) {
		at(t, s, s.Host)
		location := s.Location(s.Host, fresh())
		for range 2 { // the second run changes nothing
			c := exec.CommandContext(t.Context(), program, location)
			out, err := c.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for _, line := range []string{"version 12: 336776 flights in 12 files", "after the June commit, version 6: 166158 flights"} {
				if !strings.Contains(string(out), line) {
					t.Errorf("%q is missing in: %s", line, out)
				}
			}
		}
	})
}
