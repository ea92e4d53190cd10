package rows

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/foreset/foreset/schema"
)

// Error says which field of a struct cannot be mapped, or which row holds a
// value that cannot.
type Error struct {
	Field  string // path of Go field names
	Row    int64  // from 0; −1 if the type is meant
	Reason string
}

func (e *Error) Error() string {
	if e.Row < 0 {
		return fmt.Sprintf("field %s: %s", e.Field, e.Reason)
	}
	return fmt.Sprintf("row %d, field %s: %s", e.Row, e.Field, e.Reason)
}

// shape is how one Go type is a column.
type shape struct {
	goType   reflect.Type
	kind     kind
	typ      schema.Type
	nullable bool    // of the column
	option   string  // of the tag
	path     string  // for messages
	elem     *shape  // of a pointer, sql.Null, slice; of a map, its values
	key      *shape  // of a map
	fields   []field // of a struct
}

type field struct {
	name      string
	index     []int
	shape     *shape
	partition bool
}

type kind uint8

const (
	scalar  kind = iota
	pointer      // *T
	null         // sql.Null[T] and the like: struct{V T; Valid bool}
	list
	mapping
	record
)

var (
	timeType = reflect.TypeFor[time.Time]()
	duration = reflect.TypeFor[time.Duration]()

	variantType = reflect.TypeFor[Variant]()
)

const depthMax = 32

// Schema is the schema of a table that holds rows of type T, and the columns
// that the option partition marks, in order.
func Schema[T any]() (s *schema.Struct, partitionBy []string, err error) {
	sh, err := shapeOf[T]()
	if err != nil {
		return nil, nil, err
	}
	for _, f := range sh.fields {
		if f.partition {
			partitionBy = append(partitionBy, f.name)
		}
	}
	return sh.typ.(*schema.Struct), partitionBy, nil
}

func shapeOf[T any]() (*shape, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || t == timeType || t == variantType {
		return nil, &Error{t.String(), -1, "rows must be structs"}
	}
	return structShape(t, t.Name(), 0)
}

func structShape(t reflect.Type, path string, depth int) (*shape, error) {
	s := &shape{goType: t, kind: record, path: path}
	out := &schema.Struct{}
	seen := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, partition, ok := parseTag(f)
		if name == "-" {
			continue
		}
		if promotes(f) { // its fields stand beside ours, exported or not itself, as in Go
			inner, err := embedded(f, path, depth)
			if err != nil {
				return nil, err
			}
			for _, g := range inner {
				if seen[strings.ToLower(g.name)] {
					return nil, &Error{g.shape.path, -1, fmt.Sprintf("a second column of the name %q", g.name)}
				}
				seen[strings.ToLower(g.name)] = true
				s.fields = append(s.fields, g)
				out.Fields = append(out.Fields, schema.Field{Name: g.name, Type: g.shape.typ, Nullable: g.shape.nullable})
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		switch {
		case !ok:
			return nil, &Error{path + "." + f.Name, -1, fmt.Sprintf("the tag %q is not name,option,partition", f.Tag.Get("delta"))}
		case partition && depth > 0:
			return nil, &Error{path + "." + f.Name, -1, "a table can be partitioned by a column, not by a field inside of one"}
		}
		inner, err := typeShape(f.Type, option, path+"."+f.Name, depth+1)
		if err != nil {
			return nil, err
		}
		if seen[strings.ToLower(name)] {
			return nil, &Error{inner.path, -1, fmt.Sprintf("a second column of the name %q", name)}
		}
		seen[strings.ToLower(name)] = true
		s.fields = append(s.fields, field{name, f.Index, inner, partition})
		out.Fields = append(out.Fields, schema.Field{Name: name, Type: inner.typ, Nullable: inner.nullable})
	}
	if len(s.fields) == 0 {
		return nil, &Error{path, -1, "a struct without exported fields has no columns"}
	}
	s.typ = out
	return s, nil
}

// promotes says whether a field is an embedded struct without a tag, whose
// fields are promoted.
func promotes(f reflect.StructField) bool {
	return f.Anonymous && f.Tag.Get("delta") == "" && f.Type.Kind() == reflect.Struct && f.Type != timeType && f.Type != variantType && !isNull(f.Type)
}

// embedded is the fields of an embedded struct, seen from the struct around it.
func embedded(f reflect.StructField, path string, depth int) ([]field, error) {
	inner, err := structShape(f.Type, path+"."+f.Name, depth)
	if err != nil {
		return nil, err
	}
	for i := range inner.fields {
		inner.fields[i].index = slices.Concat(f.Index, inner.fields[i].index)
	}
	return inner.fields, nil
}

// parseTag reads `delta:"name,option,partition"`. It reports false if that is
// not what the tag says.
func parseTag(f reflect.StructField) (name, option string, partition, ok bool) {
	name, rest, _ := strings.Cut(f.Tag.Get("delta"), ",")
	if name == "" {
		name = snake(f.Name)
	}
	for rest != "" {
		var o string
		if end := strings.IndexByte(rest, ')') + 1; end > 0 && strings.HasPrefix(rest, "decimal(") { // has a comma of its own
			o, rest = rest[:end], strings.TrimPrefix(rest[end:], ",")
		} else {
			o, rest, _ = strings.Cut(rest, ",")
		}
		switch {
		case o == "partition" && !partition:
			partition = true
		case o != "" && option == "":
			option = o
		default:
			return name, option, partition, false
		}
	}
	return name, option, partition, true
}

// snake is PickupTimeUTC as pickup_time_utc.
func snake(name string) string {
	var b strings.Builder
	rs := []rune(name)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || unicode.IsDigit(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1]) && rs[i-1] != '_') {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func typeShape(t reflect.Type, option, path string, depth int) (*shape, error) {
	refuse := func(reason string) (*shape, error) { return nil, &Error{path, -1, reason} }
	if depth > depthMax {
		return refuse("the type is nested too deep, or contains itself")
	}
	s := &shape{goType: t, option: option, path: path}
	optional := func(k kind, inner reflect.Type) (*shape, error) {
		elem, err := typeShape(inner, option, path, depth+1)
		if err != nil {
			return nil, err
		}
		s.kind, s.elem, s.typ, s.nullable = k, elem, elem.typ, true
		return s, nil
	}
	switch {
	case t == duration:
		return refuse("time.Duration has no column type; store a number and name its unit")
	case t == timeType:
		switch option {
		case "":
			s.typ = schema.Timestamp
		case "ntz":
			s.typ = schema.TimestampNTZ
		case "date":
			s.typ = schema.Date
		default:
			return refuse(fmt.Sprintf("option %q does not fit a time.Time", option))
		}
		return s, nil
	case isNull(t):
		return optional(null, t.Field(0).Type)
	case t.Kind() == reflect.Pointer:
		return optional(pointer, t.Elem())
	case option != "" && t.Kind() != reflect.String:
		return refuse(fmt.Sprintf("option %q does not fit a %v", option, t))
	}
	switch t.Kind() {
	case reflect.Bool:
		s.typ = schema.Boolean
	case reflect.Int8:
		s.typ = schema.Byte
	case reflect.Int16, reflect.Uint8:
		s.typ = schema.Short
	case reflect.Int32, reflect.Uint16:
		s.typ = schema.Integer
	case reflect.Int64, reflect.Int, reflect.Uint32:
		s.typ = schema.Long
	case reflect.Uint64, reflect.Uint:
		s.typ = schema.Decimal{Precision: 20}
	case reflect.Float32:
		s.typ = schema.Float
	case reflect.Float64:
		s.typ = schema.Double
	case reflect.String:
		return s, stringShape(s, option)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			s.typ, s.nullable = schema.Binary, true
			break
		}
		elem, err := typeShape(t.Elem(), "", path+"[]", depth+1)
		if err != nil {
			return nil, err
		}
		s.kind, s.elem, s.nullable = list, elem, true
		s.typ = &schema.Array{Element: elem.typ, ContainsNull: elem.nullable}
	case reflect.Map:
		key, err := typeShape(t.Key(), "", path+"[key]", depth+1)
		if err != nil {
			return nil, err
		}
		elem, err := typeShape(t.Elem(), "", path+"[]", depth+1)
		if err != nil {
			return nil, err
		}
		if key.nullable {
			return refuse("keys of a map may not be null")
		}
		s.kind, s.key, s.elem, s.nullable = mapping, key, elem, true
		s.typ = &schema.Map{Key: key.typ, Value: elem.typ, ValueContainsNull: elem.nullable}
	case reflect.Struct:
		inner, err := structShape(t, path, depth)
		if t == variantType && err == nil {
			inner.typ = schema.Variant
		}
		return inner, err
	default:
		return refuse(fmt.Sprintf("%v has no column type", t))
	}
	return s, nil
}

func stringShape(s *shape, option string) error {
	if option == "" {
		s.typ = schema.String
		return nil
	}
	p, sc, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(option, "decimal("), ")"), ",")
	precision, err1 := strconv.Atoi(strings.TrimSpace(p))
	scale, err2 := strconv.Atoi(strings.TrimSpace(sc))
	if !ok || err1 != nil || err2 != nil || precision < 1 || precision > 38 || scale < 0 || scale > precision {
		return &Error{s.path, -1, fmt.Sprintf("option %q does not fit a string; decimal(10,2) would", option)}
	}
	s.typ = schema.Decimal{Precision: precision, Scale: scale}
	return nil
}

// isNull: sql.Null[T], sql.NullString, … are a value and Valid.
func isNull(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[sql.NullBool]().PkgPath() &&
		t.NumField() == 2 && t.Field(1).Name == "Valid" && t.Field(1).Type.Kind() == reflect.Bool
}
