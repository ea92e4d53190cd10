package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseType reads a type as SQL writes it, in any case:
//
//	bigint   decimal(10, 2)   array<string>   map<string,int>
//	struct<a: int NOT NULL, `b c` string COMMENT 'free text'>
//
// The names of the schema's JSON (long, integer, short, byte) are read too;
// char(n) and varchar(n) become string. It reads back what the String methods
// write as long as field names hold no space and none of ,:<>()`'".
//
// Errors: [*InvalidError] with the position, [*UnknownTypeError], [*LimitError].
func ParseType(sql string) (Type, error) {
	d := &ddl{text: sql}
	t, _, err := d.typ()
	if err != nil {
		return nil, err
	}
	if !d.atEnd() {
		return nil, d.fail("more text after the type")
	}
	return t, check(t, nil)
}

// ParseColumns reads a schema as CREATE TABLE writes it, for example
// "id bigint NOT NULL, name string COMMENT 'as printed'". Its errors are those
// of [ParseType].
func ParseColumns(sql string) (*Struct, error) {
	d := &ddl{text: sql}
	fields, err := d.fields(false)
	if err != nil {
		return nil, err
	}
	s := &Struct{Fields: fields}
	return s, check(s, nil)
}

// ddl reads text from pos on.
type ddl struct {
	text    string
	pos     int
	depth   int
	columns int
}

func (d *ddl) fail(problem string) error {
	return &InvalidError{Problem: fmt.Sprintf("%s at position %d of %.80q", problem, d.pos+1, d.text)}
}

// typ reads a type; spelled is its text if it is made of char or varchar.
func (d *ddl) typ() (t Type, spelled string, err error) {
	if d.depth++; d.depth > depthMax {
		return nil, "", &LimitError{What: "nesting depth", Max: depthMax}
	}
	defer func() { d.depth-- }()
	d.peek()
	start := d.pos
	word := strings.ToLower(d.word())
	switch word {
	case "":
		return nil, "", d.fail("a type is missing")
	case "array":
		return d.array()
	case "map":
		return d.mapType()
	case "struct":
		if err := d.expect('<'); err != nil {
			return nil, "", err
		}
		fields, err := d.fields(true)
		if err != nil {
			return nil, "", err
		}
		return &Struct{Fields: fields}, "", nil
	case "interval":
		return d.interval()
	}
	if d.columns++; d.columns > columnsMax {
		return nil, "", &LimitError{What: "columns", Max: columnsMax}
	}
	return d.simple(word, start)
}

func (d *ddl) array() (Type, string, error) {
	if err := d.expect('<'); err != nil {
		return nil, "", err
	}
	element, spelled, err := d.typ()
	if err != nil {
		return nil, "", err
	}
	return &Array{Element: element, ContainsNull: true}, arrayText(spelled), d.expect('>')
}

func (d *ddl) mapType() (Type, string, error) {
	if err := d.expect('<'); err != nil {
		return nil, "", err
	}
	key, keySpelled, err := d.typ()
	if err != nil {
		return nil, "", err
	}
	if err := d.expect(','); err != nil {
		return nil, "", err
	}
	val, valSpelled, err := d.typ()
	if err != nil {
		return nil, "", err
	}
	return &Map{Key: key, Value: val, ValueContainsNull: true}, mapText(key, keySpelled, val, valSpelled), d.expect('>')
}

// interval reads the units after interval.
func (d *ddl) interval() (Type, string, error) {
	units := ""
	for {
		before := d.pos
		next := strings.TrimSpace(units + " " + strings.ToLower(d.word()))
		if next == units || !intervalUnits[next] && !intervalUnits[next+" second"] && !intervalUnits[next+" month"] {
			d.pos = before
			break
		}
		units = next
	}
	if !intervalUnits[units] {
		return nil, "", d.fail("the units of an interval are incomplete")
	}
	return Interval{Units: units}, "", nil
}

// simple reads the parameters of a type without members; its word began at
// start.
func (d *ddl) simple(word string, start int) (Type, string, error) {
	var args []int
	if d.accept('(') {
		for {
			n, err := strconv.Atoi(d.word())
			if err != nil {
				return nil, "", d.fail("a number is missing")
			}
			args = append(args, n)
			if !d.accept(',') {
				break
			}
		}
		if err := d.expect(')'); err != nil {
			return nil, "", err
		}
	}
	text := strings.ToLower(strings.Join(strings.Fields(d.text[start:d.pos]), ""))
	switch word {
	case "decimal", "dec", "numeric":
		if t, ok := decimalOf(args); ok && len(args) <= 2 {
			return t, "", nil
		}
		return nil, "", &UnknownTypeError{Name: text}
	case "char", "character", "varchar":
		if len(args) == 1 && args[0] > 0 {
			return String, strings.Replace(text, "character", "char", 1), nil
		}
		return nil, "", &UnknownTypeError{Name: text}
	}
	if p, ok := primitiveOfSQL[word]; ok && args == nil {
		return p, "", nil
	}
	return nil, "", &UnknownTypeError{Name: text}
}

var primitiveOfSQL = map[string]Primitive{
	"boolean": Boolean, "bool": Boolean,
	"tinyint": Byte, "byte": Byte,
	"smallint": Short, "short": Short,
	"int": Integer, "integer": Integer,
	"bigint": Long, "long": Long,
	"float": Float, "real": Float,
	"double": Double, "string": String, "binary": Binary, "date": Date,
	"timestamp": Timestamp, "timestamp_ltz": Timestamp, "timestamp_ntz": TimestampNTZ,
	"variant": Variant, "void": Void, "null": Void,
}

// fields reads fields up to the closing > of a struct, or to the end.
func (d *ddl) fields(inStruct bool) ([]Field, error) {
	if inStruct && d.accept('>') {
		return nil, nil
	}
	var fields []Field
	for {
		f, err := d.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
		switch {
		case d.accept(','):
		case inStruct:
			return fields, d.expect('>')
		case d.atEnd():
			return fields, nil
		default:
			return nil, d.fail("a comma is missing")
		}
	}
}

// field reads name[:] type [NOT NULL] [COMMENT 'text'].
func (d *ddl) field() (Field, error) {
	name, err := d.name()
	if err != nil {
		return Field{}, err
	}
	d.accept(':')
	t, spelled, err := d.typ()
	if err != nil {
		return Field{}, ddlWithin(name, err)
	}
	f := Field{Name: name, Type: t, Nullable: true}
	set := func(key, value string) {
		if f.Metadata == nil {
			f.Metadata = Metadata{}
		}
		f.Metadata[key] = appendString(nil, value)
	}
	if spelled != "" {
		set(charKey, spelled)
	}
	if d.keyword("not") {
		if !d.keyword("null") {
			return Field{}, d.fail("NULL is missing after NOT")
		}
		f.Nullable = false
	}
	if d.keyword("comment") {
		text, err := d.quoted()
		if err != nil {
			return Field{}, err
		}
		set("comment", text)
	}
	return f, nil
}

// ddlWithin adds the name of the enclosing field to an unknown type's error.
func ddlWithin(name string, err error) error {
	u, ok := err.(*UnknownTypeError)
	if !ok {
		return err
	}
	if u.Column != "" {
		name += "." + u.Column
	}
	return &UnknownTypeError{Column: name, Name: u.Name}
}

// name reads a word, or any text in back quotes.
func (d *ddl) name() (string, error) {
	if d.peek() != '`' {
		if w := d.word(); w != "" {
			return w, nil
		}
		return "", d.fail("a name is missing")
	}
	return d.until('`')
}

// quoted reads text in single or double quotes.
func (d *ddl) quoted() (string, error) {
	q := d.peek()
	if q != '\'' && q != '"' {
		return "", d.fail("a quoted text is missing")
	}
	return d.until(q)
}

// until reads text between two quotes q; a doubled quote stands for one.
func (d *ddl) until(q byte) (string, error) {
	var b strings.Builder
	for d.pos++; d.pos < len(d.text); d.pos++ {
		switch {
		case d.text[d.pos] != q:
			b.WriteByte(d.text[d.pos])
		case d.pos+1 < len(d.text) && d.text[d.pos+1] == q:
			d.pos++
			b.WriteByte(q)
		default:
			d.pos++
			return b.String(), nil
		}
	}
	return "", d.fail("a quote is not closed")
}

const (
	ddlSpace = " \t\r\n"
	ddlStops = ddlSpace + ",:<>()`'\""
)

// word reads up to the next space or punctuation; empty if there is none.
func (d *ddl) word() string {
	d.peek()
	rest := d.text[d.pos:]
	end := strings.IndexAny(rest, ddlStops)
	if end < 0 {
		end = len(rest)
	}
	d.pos += end
	return rest[:end]
}

// keyword reads word, in any case, if it is next.
func (d *ddl) keyword(word string) bool {
	d.peek()
	before := d.pos
	if strings.EqualFold(d.word(), word) {
		return true
	}
	d.pos = before
	return false
}

// peek skips space and is the next byte; 0 at the end.
func (d *ddl) peek() byte {
	for d.pos < len(d.text) && strings.IndexByte(ddlSpace, d.text[d.pos]) >= 0 {
		d.pos++
	}
	if d.pos == len(d.text) {
		return 0
	}
	return d.text[d.pos]
}

func (d *ddl) atEnd() bool { d.peek(); return d.pos == len(d.text) }

func (d *ddl) accept(c byte) bool {
	if d.peek() != c {
		return false
	}
	if d.pos < len(d.text) {
		d.pos++
	}
	return true
}

func (d *ddl) expect(c byte) error {
	if !d.accept(c) {
		return d.fail(fmt.Sprintf("%q is missing", c))
	}
	return nil
}
