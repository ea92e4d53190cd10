package expr

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strings"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Date is a parameter of type date, written 2024-02-29.
type Date string

// Decimal is a parameter of type decimal, written in digits: 12.50 is a
// decimal(4,2).
type Decimal string

// takeParam takes the parameter that the question mark at p.tok stands for.
func (p *parser) takeParam() (any, error) {
	if p.paramsUsed >= len(p.params) {
		return nil, p.fail(p.tok.pos, fmt.Sprintf("no parameter given for question mark %d", p.paramsUsed+1))
	}
	v := p.params[p.paramsUsed]
	p.paramsUsed++
	return v, nil
}

func (p *parser) param() (*syntax, error) {
	v, err := p.takeParam()
	if err != nil {
		return nil, err
	}
	n, err := p.paramSyntax(v)
	if err != nil {
		return nil, err
	}
	return n, p.advance()
}

// sliceParam says whether the next token is a question mark that stands for a
// list, and which.
func (p *parser) sliceParam() (reflect.Value, bool) {
	if !p.isSymbol("?") || p.paramsUsed >= len(p.params) {
		return reflect.Value{}, false
	}
	v := reflect.ValueOf(p.params[p.paramsUsed])
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array || v.Type().Elem().Kind() == reflect.Uint8 {
		return reflect.Value{}, false
	}
	return v, true
}

func (p *parser) listItems(list reflect.Value) ([]*syntax, error) {
	if _, err := p.takeParam(); err != nil {
		return nil, err
	}
	items := make([]*syntax, list.Len())
	for i := range items {
		item, err := p.paramSyntax(list.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		items[i] = item
	}
	return items, p.advance()
}

// paramSyntax is a parameter as the tree of the literal that it would be.
func (p *parser) paramSyntax(param any) (*syntax, error) {
	pos := p.tok.pos
	literal := func(v value.Value) (*syntax, error) {
		return p.node(&syntax{kind: kindLiteral, pos: pos, lit: v})
	}
	switch v := param.(type) {
	case nil:
		return literal(value.Null(schema.Void))
	case []byte:
		if v == nil {
			return literal(value.Null(schema.Void))
		}
		return literal(value.Binary(v))
	case time.Time:
		micros := v.UnixMicro()
		if v.Nanosecond()%1000 != 0 {
			return nil, p.fail(pos, "parameter "+v.String()+" is not a whole number of microseconds")
		}
		if year := v.UTC().Year(); year < -290000 || year > 290000 {
			return nil, p.fail(pos, "parameter "+v.String()+" does not fit in timestamp")
		}
		return p.node(&syntax{kind: kindTyped, pos: pos, word: "TIMESTAMP", text: formatTimestamp(micros, nil) + "Z"})
	case time.Duration:
		return p.durationSyntax(v)
	case Date:
		return p.node(&syntax{kind: kindTyped, pos: pos, word: "DATE", text: string(v)})
	case Decimal:
		d, ok := decimalLiteral(strings.TrimSpace(string(v)))
		if !ok {
			return nil, p.fail(pos, fmt.Sprintf("parameter %q is no decimal of at most 38 digits", string(v)))
		}
		return literal(d)
	}
	switch v := reflect.ValueOf(param); v.Kind() {
	case reflect.Bool:
		return literal(value.Bool(v.Bool()))
	case reflect.Int8:
		return literal(value.Int(schema.Byte, v.Int()))
	case reflect.Int16:
		return literal(value.Int(schema.Short, v.Int()))
	case reflect.Int32:
		return literal(value.Int(schema.Integer, v.Int()))
	case reflect.Int, reflect.Int64:
		return literal(value.Int(schema.Long, v.Int()))
	case reflect.Uint8:
		return literal(value.Int(schema.Short, int64(v.Uint())))
	case reflect.Uint16:
		return literal(value.Int(schema.Integer, int64(v.Uint())))
	case reflect.Uint32:
		return literal(value.Int(schema.Long, int64(v.Uint())))
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		if v.Uint() <= math.MaxInt64 {
			return literal(value.Int(schema.Long, int64(v.Uint())))
		}
		n, _ := value.FromBig(new(big.Int).SetUint64(v.Uint()))
		return literal(value.Decimal(schema.Decimal{Precision: 20}, n))
	case reflect.Float32:
		return p.floatParam(v.Float(), schema.Float, value.Float(float32(v.Float())))
	case reflect.Float64:
		return p.floatParam(v.Float(), schema.Double, value.Double(v.Float()))
	case reflect.String:
		return literal(value.String(v.String()))
	}
	return nil, p.fail(pos, fmt.Sprintf("a parameter cannot be of type %T", param))
}

// floatParam writes NaN and the infinities as SQL does: they have no literal.
func (p *parser) floatParam(f float64, t schema.Type, v value.Value) (*syntax, error) {
	n, err := p.node(&syntax{kind: kindLiteral, pos: p.tok.pos, lit: v})
	if err != nil || !math.IsNaN(f) && !math.IsInf(f, 0) {
		return n, err
	}
	n.lit = value.String(appendDouble(f))
	return p.node(&syntax{kind: kindCast, pos: p.tok.pos, args: []*syntax{n}, typ: t})
}
