package schema_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/foreset/foreset/schema"
)

func ExampleParse() {
	s, err := schema.Parse([]byte(`{"type":"struct","fields":[
		{"name":"id","type":"long","nullable":false,"metadata":{}},
		{"name":"price","type":"decimal(10, 2)","metadata":{"comment":"in euro"}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	comment, _ := s.Fields[1].Metadata.String("comment")
	fmt.Println(comment)
	// Output:
	// struct<id:bigint,price:decimal(10,2)>
	// in euro
}

func ExampleParse_unknownType() {
	_, err := schema.Parse([]byte(`{"type":"struct","fields":[{"name":"where","type":"geometry(4326)"}]}`))
	var unknown *schema.UnknownTypeError
	fmt.Println(errors.As(err, &unknown), err)
	// Output:
	// true column "where": type "geometry(4326)" is not supported
}

func ExampleParseColumns() {
	s, err := schema.ParseColumns("id bigint NOT NULL, tags array<string> COMMENT 'free text'")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", s.JSON())
	// Output:
	// {"type":"struct","fields":[{"name":"id","type":"long","nullable":false,"metadata":{}},{"name":"tags","type":{"type":"array","elementType":"string","containsNull":true},"nullable":true,"metadata":{"comment":"free text"}}]}
}

func ExampleStruct_Leaves() {
	s, _ := schema.ParseColumns("id bigint, who struct<name: string, born: date>, tags array<string>")
	for path, f := range s.Leaves() {
		fmt.Println(strings.Join(path, "."), f.Type)
	}
	// Output:
	// id bigint
	// who.name string
	// who.born date
	// tags array<string>
}

func ExampleMerge() {
	table, _ := schema.ParseColumns("id int, who struct<name: string>")
	data, _ := schema.ParseColumns("ID bigint, who struct<born: date>, extra double")

	_, err := schema.Merge(table, data, false)
	fmt.Println(err)
	merged, _ := schema.Merge(table, data, true)
	fmt.Println(merged)
	// Output:
	// column "id" is int and cannot take bigint
	// struct<id:bigint,who:struct<name:string,born:date>,extra:double>
}

func ExampleValidate() {
	s, _ := schema.ParseColumns("`unit price` double, day date")
	fmt.Println(schema.Validate(s, []string{"day"}, false))
	fmt.Println(schema.Validate(s, []string{"day"}, true))
	// Output:
	// invalid schema: column "unit price": a name without column mapping has none of " ,;{}()\n\t="
	// <nil>
}
