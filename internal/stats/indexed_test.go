package stats

import (
	"strings"
	"testing"

	"github.com/foreset/foreset/schema"
)

func TestIndexedColumnsFollowTheTableProperties(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		field("p", schema.Date),
		field("a", schema.Long),
		field("flag", schema.Boolean),
		field("o", &schema.Struct{Fields: []schema.Field{field("x", schema.Long), field("l", &schema.Array{Element: schema.Long}), field("Y", schema.Long)}}),
		field("odd.name", schema.Long),
		field("z", schema.String),
	}}
	for _, c := range []struct {
		name string
		conf map[string]string
		want string
	}{
		{"32 leaves by default", nil, "a flag o.x o.l o.Y odd.name z"},
		{"the first three, whatever their type, without partition columns", map[string]string{propIndexedColumns: "3"}, "a flag o.x"},
		{"none", map[string]string{propIndexedColumns: "0"}, ""},
		{"all", map[string]string{propIndexedColumns: "-1"}, "a flag o.x o.l o.Y odd.name z"},
		{"listed columns alone", map[string]string{propStatsColumns: "z, O.y", propIndexedColumns: "1"}, "o.Y z"},
		{"a struct stands for its leaves", map[string]string{propStatsColumns: "o"}, "o.x o.l o.Y"},
		{"names in backticks", map[string]string{propStatsColumns: "`odd.name`,`o` . `x`"}, "o.x odd.name"},
		{"names that are gone are ignored", map[string]string{propStatsColumns: "gone,o.gone,a"}, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			indexed, err := Indexed(s, []string{"P"}, c.conf)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, path := range leafPaths(s, nil) {
				if indexed(path) {
					got = append(got, strings.Join(path, "."))
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestPropertiesThatCannotBeReadAreErrors(t *testing.T) {
	for _, conf := range []map[string]string{
		{propIndexedColumns: "many"}, {propIndexedColumns: "-2"},
		{propStatsColumns: "a,"}, {propStatsColumns: "`a"}, {propStatsColumns: "a..b"}, {propStatsColumns: "``"}, {propStatsColumns: "`a`b"},
	} {
		if _, err := Indexed(one(schema.Long), nil, conf); err == nil {
			t.Errorf("%v was accepted", conf)
		}
	}
	for _, text := range []string{"", "0", "-1", "x"} {
		if _, err := StringPrefix(map[string]string{propStringPrefix: text}); err == nil {
			t.Errorf("prefix length %q was accepted", text)
		}
	}
	if n, err := StringPrefix(nil); n != 32 || err != nil {
		t.Errorf("default %d, %v", n, err)
	}
}

func TestBackticksAreDoubledInsideNames(t *testing.T) {
	got, err := splitNames("`a``b`.c")
	if err != nil || len(got) != 1 || got[0][0] != "a`b" || got[0][1] != "c" {
		t.Errorf("got %q, %v", got, err)
	}
}
