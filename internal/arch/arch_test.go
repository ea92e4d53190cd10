package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/foreset/foreset"

// mayImport lists, for every package, the packages of ours that its
// production code may import. A new package starts as a line here.
var mayImport = map[string][]string{
	"storage":              {},
	"storage/faults":       {"storage"},
	"storage/storagetest":  {"storage"},
	"storage/s3":           {"storage"},
	"storage/azure":        {"storage"},
	"storage/gcs":          {"storage"},
	"schema":               {},
	"internal/value":       {"schema"},
	"internal/arch":        {},
	"log":                  {"storage", "schema"},
	"internal/feature":     {"log", "schema"},
	"internal/dv":          {"log", "storage"},
	"internal/partition":   {"schema", "internal/value"},
	"internal/arrowconv":   {"schema", "internal/value"},
	"internal/strictmath":  {},
	"expr":                 {"schema", "internal/value", "internal/arrowconv", "internal/strictmath"},
	"internal/stats":       {"schema", "internal/value", "internal/partition"},
	"internal/skipping":    {"expr", "log", "schema", "internal/stats", "internal/partition", "internal/value"},
	"internal/conflict":    {"log", "schema", "expr", "internal/feature", "internal/skipping"},
	"internal/variantbin":  {"internal/value"},
	"internal/parquetfile": {"storage", "schema", "internal/value"},
	"internal/parquetio":   {"storage", "schema", "expr", "internal/parquetfile", "internal/value", "internal/variantbin", "internal/stats", "internal/arrowconv"},
	"checkpoint":           {"log", "storage", "schema", "internal/value", "internal/stats", "internal/arrowconv", "internal/parquetfile"},
	"internal/replay":      {"log", "checkpoint", "storage", "schema", "internal/feature"},
	"internal/txn":         {"internal/replay", "internal/conflict", "internal/feature", "checkpoint", "log", "storage", "schema", "expr"},
	"internal/scan":        {"checkpoint", "internal/dv", "internal/feature", "internal/replay", "internal/parquetio", "internal/parquetfile", "internal/skipping", "internal/partition", "internal/arrowconv", "internal/value", "internal/stats", "expr", "log", "storage", "schema"},
	"internal/aggregate":   {"internal/scan", "internal/stats", "internal/arrowconv", "internal/value", "expr", "schema"},
	"internal/verify":      {"checkpoint", "internal/scan", "internal/replay", "internal/dv", "internal/feature", "internal/partition", "internal/parquetio", "internal/parquetfile", "internal/stats", "internal/value", "expr", "log", "storage", "schema"},
	"internal/cdf":         {"internal/scan", "internal/replay", "internal/feature", "checkpoint", "log", "schema"},
	"internal/write":       {"internal/parquetio", "internal/parquetfile", "internal/partition", "internal/arrowconv", "internal/value", "internal/stats", "expr", "log", "storage", "schema"},
	"internal/sim":         {"storage", "storage/faults"},
	"internal/drivertest":  {"table", "table/rows", "storage"},
	"table":                {"internal/write", "internal/verify", "internal/scan", "internal/aggregate", "internal/cdf", "internal/txn", "internal/replay", "internal/conflict", "internal/feature", "internal/parquetio", "internal/parquetfile", "internal/skipping", "internal/partition", "internal/arrowconv", "internal/value", "internal/stats", "checkpoint", "expr", "log", "storage", "schema"},
	"table/rows":           {"schema", "internal/arrowconv", "internal/variantbin"},
	"cmd/foreset":          {"storage/s3", "storage/azure", "storage/gcs", "table", "table/rows", "log", "expr", "schema", "storage", "checkpoint", "internal/value"},
}

// reserved lists imports that only the named packages may use, with all that
// lies below them.
var reserved = map[string][]string{
	"gocloud.dev":                            {"storage", "storage/s3", "storage/azure", "storage/gcs"},
	"github.com/aws/":                        {"storage/s3"},
	"github.com/Azure/":                      {"storage/azure"},
	"cloud.google.com/":                      {"storage/gcs"},
	"google.golang.org/":                     {"storage/gcs"},
	"github.com/parquet-go/parquet-go":       {"checkpoint"},
	"go.opentelemetry.io/":                   {"table"},
	"github.com/RoaringBitmap/":              {}, // an oracle of tests
	"github.com/apache/arrow-go/v18/parquet": {"internal/parquetfile", "internal/parquetio", "checkpoint", "cmd/foreset"},
	"github.com/apache/arrow-go/v18/arrow":   {"expr", "internal/arrowconv", "internal/stats", "internal/parquetfile", "internal/parquetio", "checkpoint", "internal/replay", "internal/scan", "internal/aggregate", "internal/cdf", "internal/verify", "internal/write", "table", "table/rows", "cmd/foreset"},
	"github.com/spf13/cobra":                 {"cmd/foreset"},
	"github.com/vbauerster/mpb":              {"cmd/foreset"},
	"log":                                    {}, // the standard logger; ours is module + "/log"
	"testing":                                {"storage/storagetest", "internal/drivertest", "internal/sim"},
}

// nested lists the folders that are modules of their own, with their own rules.
var nested = []string{"examples", "interop", "bench"}

func TestImportsPointDownward(t *testing.T) {
	// The files are read in this process, not by a child "go list": the test
	// cache notices only files that the test itself opened.
	root, seen := os.DirFS("../.."), map[string]bool{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || slices.Contains(nested, name)) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		seen[pkg] = true
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			for _, problem := range check(pkg, imp) {
				t.Errorf("%s: %s", name, problem)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("%s is listed and has no files", pkg)
		}
	}
}

// check says what is wrong with pkg importing imp.
func check(pkg, imp string) []string {
	var problems []string
	may, known := mayImport[pkg]
	if !known {
		problems = append(problems, pkg+" is in no layer")
	}
	if to, ours := strings.CutPrefix(imp, module+"/"); ours {
		if !slices.Contains(may, to) {
			problems = append(problems, pkg+" may not import "+to)
		}
		return problems
	}
	for prefix, who := range reserved {
		std := !strings.Contains(prefix, ".") // of the standard library only the package itself, not what lies below it
		hit := imp == prefix || !std && strings.HasPrefix(imp, strings.TrimSuffix(prefix, "/")+"/")
		if hit && !slices.Contains(who, pkg) {
			problems = append(problems, pkg+" may not import "+imp+", which is reserved")
		}
	}
	return problems
}

func TestCheckFindsViolations(t *testing.T) {
	for _, c := range []struct{ pkg, imp string }{
		{"storage", module + "/log"},
		{"log", module + "/table"},
		{"log", "log"},
		{"table", "gocloud.dev/blob"},
		{"expr", "github.com/apache/arrow-go/v18/parquet/file"},
		{"nowhere", "fmt"},
	} {
		if len(check(c.pkg, c.imp)) == 0 {
			t.Errorf("check(%q, %q) found nothing", c.pkg, c.imp)
		}
	}
	if p := check("log", module+"/storage"); p != nil {
		t.Errorf("log may import storage, but: %v", p)
	}
	if p := check("log", "log/slog"); p != nil {
		t.Errorf("log/slog is not the standard logger, but: %v", p)
	}
}
