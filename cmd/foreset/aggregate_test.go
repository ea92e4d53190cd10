package main

import "testing"

func TestCatPrintsAggregates(t *testing.T) {
	at := withSchema(t, "carrier string, distance int, day date", "--partition-by", "carrier")
	mustRun(t, "carrier,distance,day\nUA,300,2024-01-01\nAA,100,2024-01-02\nAA,150,2024-01-01\n,7,2024-01-01\n", "append", at, "-", "--format", "csv")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--agg", "count(*), sum(distance)", "--by", "carrier"},
			`{"carrier":null,"count(1)":1,"sum(distance)":7}` + "\n" + `{"carrier":"AA","count(1)":2,"sum(distance)":250}` + "\n" + `{"carrier":"UA","count(1)":1,"sum(distance)":300}` + "\n"},
		{[]string{"--agg", "avg(distance) AS mean", "--where", "day = '2024-01-01'", "-o", "csv"}, "mean\n152.33333333333334\n"},
		{[]string{"--by", "carrier", "--limit", "2"}, `{"carrier":null}` + "\n" + `{"carrier":"AA"}` + "\n"},
		{[]string{"--agg", "count(*)", "--limit", "0", "-o", "csv"}, "count(1)\n"},
		{[]string{"--agg", "min(distance)", "--at", "0"}, `{"min(distance)":null}` + "\n"},
	} {
		if got := mustRun(t, "", append([]string{"cat", at}, c.args...)...); got != c.want {
			t.Errorf("%q prints\n%swant\n%s", c.args, got, c.want)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--agg", "sum(distanze)"}, "--agg: line 1, column 5: there is no column distanze; did you mean distance?"},
		{[]string{"--agg", "count(*)", "--by", "upper("}, "--by: line 1, column 7: "},
		{[]string{"--agg", "count(*)", "--columns", "day"}, "--agg and --by go without --columns"},
		{[]string{"--agg", "carrier", "--by", "carrier"}, "carrier is no aggregate"},
	} {
		fails(t, exitUsage, c.want, "", append([]string{"cat", at}, c.args...)...)
	}
}
