package rows_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/table/rows"
)

// A struct is the schema of a table, and its values are the rows.
func Example() {
	type Trip struct {
		ID   int64
		City string    `delta:",partition"`
		Day  time.Time `delta:",date"`
		Fare *float64
	}
	s, partitionBy, err := rows.Schema[Trip]()
	fmt.Println(s, partitionBy, err)

	r, err := rows.Of([]Trip{{ID: 1, City: "Oslo", Day: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)}})
	if err != nil {
		panic(err)
	}
	defer r.Release()
	batches := func(yield func(arrow.RecordBatch, error) bool) { // as Scan.Batches has them
		for r.Next() && yield(r.RecordBatch(), nil) {
		}
	}
	for trip, err := range rows.Decode[Trip](batches) {
		fmt.Println(trip.ID, trip.City, trip.Day.Format(time.DateOnly), trip.Fare == nil, err)
	}
	// Output:
	// struct<id:bigint,city:string,day:date,fare:double> [city] <nil>
	// 1 Oslo 2024-06-01 true <nil>
}

// A column of type variant is a Variant of the struct, or a pointer to one where
// it may be null. Its text is JSON.
func ExampleVariant() {
	type Event struct {
		ID   int64
		Body *rows.Variant
	}
	e := Event{ID: 1, Body: &rows.Variant{ // as Decode has it
		Metadata: []byte{1, 1, 0, 1, 'a'},       // version 1; one name, of one byte
		Value:    []byte{2, 1, 0, 0, 2, 12, 42}, // an object; one field, of two bytes: an integer of one byte
	}}
	text, err := json.Marshal(e)
	fmt.Println(string(text), err)
	// Output: {"ID":1,"Body":{"a":42}} <nil>
}
