// Nycflights is a real ETL job: it turns a year of flights, twelve compressed
// CSV files, into a transactional table, and asks it questions.
//
//	go run ./examples/nycflights [LOCATION]
//
// LOCATION is a path or a URL; the default is a folder under the system's
// temporary directory. Running it again changes nothing: every month is
// appended with an application id and a version, and a month that the table
// has recorded is not appended twice.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/foreset/foreset/expr"
	_ "github.com/foreset/foreset/storage/azure" // the first argument may be abfss://…,
	_ "github.com/foreset/foreset/storage/gcs"   // gs://…,
	_ "github.com/foreset/foreset/storage/s3"    // or s3://…
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	location := filepath.Join(os.TempDir(), "foreset-nycflights")
	if len(os.Args) > 1 {
		location = os.Args[1]
	}
	if err := run(ctx, os.Stdout, location); err != nil {
		fmt.Fprintln(os.Stderr, "nycflights:", err)
		os.Exit(1)
	}
}

// appID names this job in the table's log.
const appID = "nycflights-etl"

func run(ctx context.Context, w io.Writer, location string) (err error) {
	t, err := table.Create(ctx, location, flightSchema(), &table.CreateOptions{
		PartitionBy: []string{"month"},
		Name:        "flights",
		Description: "All flights that left New York City's airports in 2013",
		IfNotExists: true,
	})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := t.Close(ctx); err == nil {
			err = closeErr
		}
	}()
	fmt.Fprintf(w, "table %s\n\n", t.Location())
	if err := load(ctx, w, t); err != nil {
		return err
	}
	for _, question := range []func(context.Context, io.Writer, *table.Table) error{
		delaysByCarrier, worstDays, oneAircraft, afterJune,
	} {
		fmt.Fprintln(w)
		if err := question(ctx, w, t); err != nil {
			return err
		}
	}
	return nil
}

// load appends each month as a commit of its own.
func load(ctx context.Context, w io.Writer, t *table.Table) error {
	airlines, err := readAirlines()
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "month\tversion\trows\tfiles\tbytes\t")
	for month := 1; month <= 12; month++ {
		flights, err := readMonth(month, airlines)
		if err != nil {
			return err
		}
		c, err := t.Append(ctx, flights, &table.WriteOptions{
			CommitOptions: table.CommitOptions{AppID: appID, AppVersion: int64(month)},
		})
		flights.Release()
		if err != nil {
			return err
		}
		if c.Skipped {
			fmt.Fprintf(out, "%d\t\talready there\t\t\t\n", month)
			continue
		}
		fmt.Fprintf(out, "%d\t%d\t%d\t%d\t%d\t\n", month, c.Version, c.Metrics.Rows, c.Metrics.Files, c.Metrics.Bytes)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	n, err := s.Scan(nil).Count(ctx)
	if err != nil {
		return err
	}
	files, bytes, err := s.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "version %d: %d flights in %d files, %d bytes\n", s.Version(), n, files, bytes)
	return nil
}

// ask runs a query and says what it did not have to read.
func ask[T any](ctx context.Context, w io.Writer, s *table.Snapshot, title string, opts *table.ScanOptions, each func(T)) error {
	scan := s.Scan(opts)
	e, err := scan.Explain(ctx)
	if err != nil {
		return err
	}
	n := 0
	for row, err := range rows.Decode[T](scan.Batches(ctx)) {
		if err != nil {
			return err
		}
		each(row)
		n++
	}
	fmt.Fprintf(w, "%s: %d rows; skipped %d of %d files, %d of %d bytes\n",
		title, n, e.FilesSkipped, e.Files, e.BytesSkipped, e.Bytes)
	return nil
}

// delaysByCarrier is the mean delay of each airline's flights in the summer
// months. The predicate on the partition column leaves nine files unread.
func delaysByCarrier(ctx context.Context, w io.Writer, t *table.Table) error {
	type flight struct {
		Airline  string
		ArrDelay int32
	}
	type sum struct {
		airline string
		flights int
		minutes int64
	}
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	sums := map[string]*sum{}
	err = ask(ctx, w, s, "arrival delays by carrier, June to August", &table.ScanOptions{
		Columns: []string{"airline", "arr_delay"},
		Where:   expr.SQL("month BETWEEN 6 AND 8 AND arr_delay IS NOT NULL"),
	}, func(f flight) {
		if sums[f.Airline] == nil {
			sums[f.Airline] = &sum{airline: f.Airline}
		}
		sums[f.Airline].flights++
		sums[f.Airline].minutes += int64(f.ArrDelay)
	})
	if err != nil {
		return err
	}
	var all []*sum
	for _, a := range sums {
		all = append(all, a)
	}
	mean := func(a *sum) float64 { return float64(a.minutes) / float64(a.flights) }
	slices.SortFunc(all, func(a, b *sum) int { return cmp.Or(cmp.Compare(mean(b), mean(a)), cmp.Compare(a.airline, b.airline)) })
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range all[:min(5, len(all))] {
		fmt.Fprintf(out, "  %s\t%d flights\t%.1f minutes\n", a.airline, a.flights, mean(a))
	}
	return out.Flush()
}

// worstDays are the days with the most flights that left over two hours late.
func worstDays(ctx context.Context, w io.Writer, t *table.Table) error {
	type flight struct{ Month, Day int32 }
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	late := map[flight]int{}
	err = ask(ctx, w, s, "departures over two hours late", &table.ScanOptions{
		Columns: []string{"month", "day"},
		Where:   expr.SQL("dep_delay > ?", 120),
	}, func(f flight) { late[f]++ })
	if err != nil {
		return err
	}
	var days []flight
	for d := range late {
		days = append(days, d)
	}
	slices.SortFunc(days, func(a, b flight) int {
		return cmp.Or(cmp.Compare(late[b], late[a]), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
	})
	for _, d := range days[:min(5, len(days))] {
		fmt.Fprintf(w, "  2013-%02d-%02d  %d flights\n", d.Month, d.Day, late[d])
	}
	return nil
}

// oneAircraft is where one aircraft flew, and how far.
func oneAircraft(ctx context.Context, w io.Writer, t *table.Table) error {
	type flight struct {
		TimeHour     time.Time
		Origin, Dest string
		Distance     int32
	}
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	miles, dests := 0, map[string]bool{}
	var last flight
	err = ask(ctx, w, s, "the year of aircraft N328AA", &table.ScanOptions{
		Columns: []string{"time_hour", "origin", "dest", "distance"},
		Where:   expr.SQL("tailnum = ? AND dep_time IS NOT NULL", "N328AA"),
	}, func(f flight) {
		miles += int(f.Distance)
		dests[f.Dest] = true
		if f.TimeHour.After(last.TimeHour) {
			last = f
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "  %d miles to %d airports; the last one left %s for %s at %s\n",
		miles, len(dests), last.Origin, last.Dest, last.TimeHour.Format(time.RFC3339))
	return nil
}

// afterJune looks at the table as it was when June had been appended.
func afterJune(ctx context.Context, w io.Writer, t *table.Table) error {
	for info, err := range t.History(ctx) {
		if err != nil {
			return err
		}
		s, err := t.Snapshot(ctx, table.Version(int64(info.Version)))
		if err != nil {
			return err
		}
		if months, _ := s.TxnVersion(appID); months != 6 {
			continue
		}
		n, err := s.Scan(nil).Count(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "after the June commit, version %d: %d flights\n", s.Version(), n)
		return nil
	}
	return fmt.Errorf("the table's log has no version after the June commit")
}
