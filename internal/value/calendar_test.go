package value

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata" // so that the zones are the same on every machine
)

func TestCivilAgreesWithTheStandardLibrary(t *testing.T) {
	r := random(t)
	days := []int64{0, -1, 59, 60, -719_468, -719_528, 2_932_896, 2_932_897, math.MinInt32, math.MaxInt32}
	for range 20_000 {
		days = append(days, int64(r.IntN(1<<31))-1<<30, int64(r.IntN(200_000))-100_000)
	}
	for _, d := range days {
		year, month, day := Civil(d)
		want := time.Unix(d*secondsPerDay, 0).UTC()
		if year != int64(want.Year()) || month != int(want.Month()) || day != want.Day() {
			t.Fatalf("%d is %d-%d-%d, want %v", d, year, month, day, want)
		}
		if back := DaysOf(year, month, day); back != d {
			t.Fatalf("%d-%d-%d is %d, want %d", year, month, day, back, d)
		}
		if back, err := ParseDate(string(AppendDate(nil, d))); err != nil || int64(back) != d {
			t.Fatalf("%s is %d, %v, want %d", AppendDate(nil, d), back, err, d)
		}
	}
}

func TestDatesHaveJavasForm(t *testing.T) {
	for text, days := range map[string]int64{
		"1970-01-01": 0, "1969-12-31": -1, "2024-02-29": 19782, "0001-01-01": -719162, "9999-12-31": 2932896,
		"0000-12-31": -719163, "-0001-01-01": -719893, "+10000-01-01": 2932897,
		"+5881580-07-11": math.MaxInt32, "-5877641-06-23": math.MinInt32,
	} {
		if got := string(AppendDate(nil, days)); got != text {
			t.Errorf("%d is %s, want %s", days, got, text)
		}
		if got, err := ParseDate(text); err != nil || int64(got) != days {
			t.Errorf("%s is %d, %v, want %d", text, got, err, days)
		}
	}
	for text, days := range map[string]int32{"2024-2-9": 19762, "10000-01-01": 2932897, "002024-02-09": 19762} {
		if got, err := ParseDate(text); err != nil || got != days {
			t.Errorf("%s is %d, %v, want %d", text, got, err, days)
		}
	}
	for _, text := range []string{
		"", "2024", "2024-01", "2024-01-", "2024-13-01", "2024-00-01", "2024-01-32", "2024-01-00", "2023-02-29", "1900-02-29", "2024-04-31",
		"24-01-01", "2024-01-01x", "2024-01-01 00:00:00", " 2024-01-01", "2024/01/01", "--2024-01-01", "+-2024-01-01", "2024-1-001",
		"+5881580-07-12", "-5877641-06-22", "12345678-01-01", "٢٠٢٤-01-01",
	} {
		if got, err := ParseDate(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestTimestampsAreReadInEveryForm(t *testing.T) {
	const want = 1710061323123456 // 2024-03-10T09:02:03.123456Z
	for text, hasZone := range map[string]bool{
		"2024-03-10T09:02:03.123456Z": true, "2024-03-10 09:02:03.123456Z": true, "2024-03-10T09:02:03.123456z": true,
		"2024-03-10T09:02:03.123456789999Z": true, "2024-03-10T09:02:03.123456 UTC": true, "2024-03-10T09:02:03.123456GMT": true,
		"2024-03-10T01:02:03.123456-08:00": true, "2024-03-10T01:02:03.123456-0800": true, "2024-03-10T01:02:03.123456-08": true,
		"2024-03-10T01:02:03.123456 -8": true, "2024-03-10T14:32:03.123456+05:30": true, "2024-03-10T09:02:04.123456+00:00:01": true,
		"2024-03-10T17:02:03.123456UTC+8": true, "2024-03-11T03:02:03.123456+18:00": true,
		"2024-03-10 09:02:03.123456": false, "2024-03-10T9:2:3.123456": false, "2024-3-10 09:02:03.123456": false,
	} {
		got, zone, err := ParseTimestamp(text, nil)
		if err != nil || got != want || zone != hasZone {
			t.Errorf("%s: got %d, %v, %v", text, got, zone, err)
		}
	}
	for text, want := range map[string]int64{
		"2024-03-10": 1710028800000000, "2024-03-10 09:02": 1710061320000000, "2024-03-10T09:02:03": 1710061323000000, "2024-03-10T09:02Z": 1710061320000000,
		"1970-01-01 00:00:00.5": 500000, "1970-01-01T00:00:00.000001Z": 1, "1969-12-31T23:59:59.999999Z": -1, "1969-12-31T23:59:59.9999999Z": -1,
		"0001-01-01T00:00:00Z": -62135596800000000, "9999-12-31T23:59:59.999999Z": 253402300799999999, "+10000-01-01T00:00:00Z": 253402300800000000,
		"-290308-12-21T19:59:05.224192Z": math.MinInt64, "+294247-01-10T04:00:54.775807Z": math.MaxInt64,
		"-290308-12-21T19:59:05.224193Z": math.MinInt64 + 1, "294247-01-10 04:00:54.7758079": math.MaxInt64,
	} {
		if got, _, err := ParseTimestamp(text, time.UTC); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "2024-03-10T", "2024-03-10T09", "2024-03-10T09:", "2024-03-10T09:02:", "2024-03-10T09:02:03.", "2024-03-10T09:02:03.Z", "2024-03-10x09:02:03",
		"2024-03-10T24:00:00", "2024-03-10T23:60:00", "2024-03-10T23:59:60Z", "2023-02-29T00:00:00Z", "2024-03-10Z", "2024-03-10  09:02:03",
		"2024-03-10T09:02:03ZZ", "2024-03-10T09:02:03 ", "2024-03-10T09:02:03+", "2024-03-10T09:02:03+19:00", "2024-03-10T09:02:03+08:60", "2024-03-10T09:02:03+8:0",
		"2024-03-10T09:02:03+08:00:00:00", "2024-03-10T09:02:03 America/Los_Angeles", "2024-03-10T09:02:03UT", "2024-03-10T009:02:03",
		"-290308-12-21T19:59:05.224191Z", "+294247-01-10T04:00:54.775808Z", "9999999-01-01T00:00:00Z", "-9999999-01-01T00:00:00Z",
	} {
		if got, _, err := ParseTimestamp(text, nil); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestLocalTimesFollowTheZone(t *testing.T) {
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	lordHowe, err := time.LoadLocation("Australia/Lord_Howe") // half an hour of summer time
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2024-01-15 12:00:00", la, "2024-01-15T20:00:00.000000Z"},
		{"2024-07-15 12:00:00", la, "2024-07-15T19:00:00.000000Z"},
		{"2024-03-10 01:59:59.999999", la, "2024-03-10T09:59:59.999999Z"},
		{"2024-03-10 02:30:00", la, "2024-03-10T10:30:00.000000Z"}, // skipped: 03:30 of summer time
		{"2024-03-10 03:00:00", la, "2024-03-10T10:00:00.000000Z"},
		{"2024-11-03 00:59:59", la, "2024-11-03T07:59:59.000000Z"},
		{"2024-11-03 01:30:00", la, "2024-11-03T08:30:00.000000Z"}, // twice: the first
		{"2024-11-03 02:00:00", la, "2024-11-03T10:00:00.000000Z"},
		{"2024-11-03 08:30:00.000000", la, "2024-11-03T16:30:00.000000Z"},
		{"1800-01-01 00:00:00", la, "1800-01-01T07:52:58.000000Z"}, // local mean time
		{"9999-12-31 23:59:59", la, "+10000-01-01T07:59:59.000000Z"},
		{"2024-11-03 01:30:00-08:00", la, "2024-11-03T09:30:00.000000Z"}, // the text's own offset wins
		{"2024-04-07 01:45:00", lordHowe, "2024-04-06T14:45:00.000000Z"},
		{"2024-10-06 02:15:00", lordHowe, "2024-10-05T15:45:00.000000Z"},
		{"2024-03-10 02:30:00", time.FixedZone("", -3600), "2024-03-10T03:30:00.000000Z"},
		{"2024-03-10 02:30:00", time.UTC, "2024-03-10T02:30:00.000000Z"},
	} {
		us, _, err := ParseTimestamp(c.text, c.zone)
		if got := string(AppendTimestamp(nil, us, true)); err != nil || got != c.want {
			t.Errorf("%s in %v: got %s, %v, want %s", c.text, c.zone, got, err, c.want)
		}
	}
}

func TestLocalTimesAgreeWithTheStandardLibrary(t *testing.T) {
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	r := random(t)
	for range 5_000 {
		instant := time.Unix(int64(r.IntN(4_000_000_000))-1_500_000_000, 0).In(la)
		us, _, err := ParseTimestamp(instant.Format(time.DateTime), la)
		if err != nil {
			t.Fatal(err)
		}
		// A local time that occurs twice has two answers; both print the same.
		if got := time.UnixMicro(us).In(la).Format(time.DateTime); got != instant.Format(time.DateTime) {
			t.Fatalf("%v became %s", instant, got)
		}
	}
}

func TestTimestampTextsRoundTrip(t *testing.T) {
	r := random(t)
	all := []int64{0, -1, 1, math.MinInt64, math.MaxInt64, 999_999, -999_999, 1_000_000, -1_000_000}
	for range 20_000 {
		all = append(all, int64(r.Uint64())>>r.IntN(64))
	}
	for _, us := range all {
		text := string(AppendTimestamp(nil, us, true))
		if got, hasZone, err := ParseTimestamp(text, nil); err != nil || got != us || !hasZone {
			t.Fatalf("%d is %s, and that %d, %v, %v", us, text, got, hasZone, err)
		}
		text = string(appendTrimmed(nil, us))
		if got, hasZone, err := ParseTimestamp(text, nil); err != nil || got != us || hasZone {
			t.Fatalf("%d is %s, and that %d, %v, %v", us, text, got, hasZone, err)
		}
		text = string(appendMillis(nil, us, true))
		if got, _, err := ParseTimestamp(text, nil); us > math.MinInt64+1000 && (err != nil || got != FloorDiv(us, 1000)*1000) {
			t.Fatalf("%d is %s, and that %d, %v", us, text, got, err)
		}
	}
}

func TestCalendarDoesNotAllocate(t *testing.T) {
	la, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 64)
	for name, f := range map[string]func(){
		"AppendTimestamp": func() { buf = AppendTimestamp(buf[:0], 1710061323123456, true) },
		"AppendDate":      func() { buf = AppendDate(buf[:0], 19782) },
		"ParseDate":       func() { _, _ = ParseDate("2024-02-29") },
		"ParseTimestamp":  func() { _, _, _ = ParseTimestamp("2024-03-10 02:30:00.5", la) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
