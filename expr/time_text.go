package expr

import (
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// timeTexts are the functions between times and texts, by patterns.
var timeTexts = aliased(map[string]*function{
	"date_format":   {2, 2, dateFormat},
	"from_unixtime": {1, 2, fromUnixtime},
	"to_date":       {1, 2, toDate},
	"to_timestamp": {1, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.toTimestamp(at, args, schema.Timestamp)
	}},
	"to_timestamp_ntz": {1, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.toTimestamp(at, args, schema.TimestampNTZ)
	}},
	"to_unix_timestamp": {1, 2, unixTimestamp},
	"unix_timestamp": {0, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		if len(args) == 0 {
			return b.now(at, schema.Long, time.Time.Unix)
		}
		return unixTimestamp(b, at, args)
	}},
},
	[]string{"to_timestamp", "to_timestamp_ltz"},
)

const defaultPattern = "yyyy-MM-dd HH:mm:ss"

// patternSource is the argument that is a pattern: prepared if it is a literal.
type patternSource struct {
	parsing, utc bool
	pattern      *datePattern
	problem      *patternProblem
}

// patternArg prepares the pattern that is an argument; without one it is the
// default.
func (b *binder) patternArg(at *syntax, arg Node, parsing bool) (patternSource, error) {
	source := patternSource{parsing: parsing, utc: b.env.zone == nil}
	text := value.String(defaultPattern)
	if arg != nil {
		var ok bool
		if text, ok = literalArg(arg); !ok || text.IsNull() {
			return source, nil
		}
	}
	source.pattern, source.problem = newPattern(text.Text(), parsing, source.utc)
	if source.problem != nil && source.problem.unsupported != "" {
		return source, &UnsupportedError{What: source.problem.unsupported, Position: b.at(at)}
	}
	return source, nil
}

// patterns gives the rows of a batch their patterns. The last is kept.
type patterns struct {
	patternSource
	prepared bool   // for all rows
	last     string // else the text of the pattern at hand, if there is one
}

func (p *patterns) of(text string) (*datePattern, *patternProblem) {
	if !p.prepared && (p.pattern == nil && p.problem == nil || p.last != text) {
		p.pattern, p.problem = newPattern(text, p.parsing, p.utc)
		p.last = text
	}
	return p.pattern, p.problem
}

// withPattern computes a function of a value and a pattern, which is argument 1
// if it is given.
func (c *call) withPattern(source patternSource, compute func(pattern func(i int) (*datePattern, *fault)) (vec, error)) (vec, error) {
	known := patterns{patternSource: source, prepared: source.pattern != nil || source.problem != nil}
	var texts operand[string]
	unsupported := ""
	if len(c.args) > 1 {
		texts = operandOf[string](c, 1)
	}
	out, err := compute(func(i int) (*datePattern, *fault) {
		text := ""
		if !known.prepared {
			text = texts.at(i)
		}
		pattern, problem := known.of(text)
		switch {
		case problem == nil:
			return pattern, nil
		case problem.unsupported != "":
			unsupported = problem.unsupported
			return nil, faultf(classPattern, "%s", unsupported)
		}
		return nil, problem.wrong
	})
	if unsupported != "" {
		return vec{}, &UnsupportedError{What: unsupported, Position: position(c.text, c.node.pos)}
	}
	return out, err
}

// formatted is a function that formats an instant.
func (b *binder) formatted(at *syntax, args []Node, instant func(int64) int64) (Node, error) {
	var pattern Node
	if len(args) > 1 {
		pattern = args[1]
	}
	source, err := b.patternArg(at, pattern, false)
	if err != nil {
		return nil, err
	}
	zone := b.env.zone
	name, ok := b.zoneName()
	if !ok {
		name = "" // only VV shows it
	}
	return b.makeCall(at, at.word, schema.String, callable{eval: func(c *call) (vec, error) {
		x := operandOf[int64](c, 0)
		return c.withPattern(source, func(pattern func(int) (*datePattern, *fault)) (vec, error) {
			return c.texts(func(dst []byte, i int) ([]byte, *fault) {
				p, problem := pattern(i)
				if problem != nil {
					return dst, problem
				}
				micros := instant(x.at(i))
				local := toLocal(micros, zone)
				t := newWallTime(local, (local-micros)/microsPerSecond, name)
				return p.append(dst, &t), nil
			})
		})
	}, fails: source.pattern == nil}, args...), nil
}

func dateFormat(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.Timestamp, schema.String)
	if err != nil {
		return nil, err
	}
	return b.formatted(at, args, func(micros int64) int64 { return micros })
}

func fromUnixtime(b *binder, at *syntax, args []Node) (Node, error) {
	params := []schema.Type{schema.Long, schema.String}
	args, err := b.implicit(at, args, params[:len(args)]...)
	if err != nil {
		return nil, err
	}
	return b.formatted(at, args, func(seconds int64) int64 { return seconds * microsPerSecond }) // wraps around, as Spark's does
}

// toDate binds to_date: a cast, or with a pattern to_timestamp and a cast.
func toDate(b *binder, at *syntax, args []Node) (Node, error) {
	x, err := b.timeOrText(at, args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return b.convert(at, x, schema.Date), nil
	}
	micros, err := b.toTimestamp(&syntax{kind: kindCall, word: "to_timestamp", pos: at.pos}, []Node{x, args[1]}, schema.Timestamp)
	if err != nil {
		return nil, err
	}
	return b.convert(at, micros, schema.Date), nil
}

// timeOrText is an argument that is a time, or else a text.
func (b *binder) timeOrText(at *syntax, x Node) (Node, error) {
	if isTime(x.Type()) {
		return x, nil
	}
	return b.argument(at, 0, x, schema.String)
}

// toTimestamp binds to_timestamp and its like: a cast, or with a pattern a
// function. A time stays what it is, whatever the pattern.
func (b *binder) toTimestamp(at *syntax, args []Node, result schema.Type) (Node, error) {
	t := args[0].Type()
	if isNumeric(t) && result == schema.Timestamp {
		if len(args) > 1 {
			return nil, b.typeError(at, "%s needs a string beside a pattern, not %v", at.word, t)
		}
		return b.convert(at, args[0], result), nil
	}
	x, err := b.timeOrText(at, args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return b.convert(at, x, result), nil
	}
	pattern, err := b.argument(at, 1, args[1], schema.String)
	if err != nil {
		return nil, err
	}
	if x.Type() == schema.Date { // also for a wall clock, which then shows UTC
		x = b.convert(at, x, schema.Timestamp)
	}
	return b.parsed(at, result, b.zoneFor(result), func(micros int64) int64 { return micros }, x, pattern)
}

// unixTimestamp binds unix_timestamp and to_unix_timestamp, which round to zero.
func unixTimestamp(b *binder, at *syntax, args []Node) (Node, error) {
	x := args[0]
	switch x.Type() {
	case schema.String, schema.Timestamp, schema.TimestampNTZ:
	case schema.Date:
		x = b.convert(at, x, schema.Timestamp)
	case schema.Void:
		x = b.convert(at, x, schema.String)
	default:
		return nil, b.typeError(at, "%s needs a string or a time, not %v", at.word, x.Type())
	}
	args = append([]Node{x}, args[1:]...)
	if len(args) > 1 {
		if t := args[1].Type(); t != schema.String && t != schema.Void {
			return nil, b.typeError(at, "%s needs a pattern, not %v", at.word, t)
		}
		args[1] = b.convert(at, args[1], schema.String)
	}
	return b.parsed(at, schema.Long, b.env.zone, func(micros int64) int64 { return micros / microsPerSecond }, args...)
}

// parsed is a function that takes a time as it is, and parses a text.
func (b *binder) parsed(at *syntax, result schema.Type, zone *time.Location, unit func(int64) int64, args ...Node) (Node, error) {
	if args[0].Type() != schema.String {
		return b.makeCall(at, at.word, result, callable{eval: ofEach(unit), keeps: 1}, args...), nil
	}
	var pattern Node
	if len(args) > 1 {
		pattern = args[1]
	}
	source, err := b.patternArg(at, pattern, true)
	if err != nil {
		return nil, err
	}
	env := b.env
	return b.makeCall(at, at.word, result, callable{eval: func(c *call) (vec, error) {
		x := operandOf[string](c, 0)
		parser := dateParser{zones: env.newZones()}
		return c.withPattern(source, func(pattern func(int) (*datePattern, *fault)) (vec, error) {
			return values(c, func(i int) (int64, *fault) {
				var problem *fault
				if parser.datePattern, problem = pattern(i); problem != nil {
					return 0, problem
				}
				micros, problem := parser.instant(x.at(i), zone, result == schema.TimestampNTZ)
				return unit(micros), problem
			})
		})
	}, fails: true}, args...), nil
}

// instant is what a text says, in a zone unless it names one. A wall clock
// does not care for the zone.
func (p dateParser) instant(s string, zone *time.Location, wall bool) (int64, *fault) {
	days, clock, named, hasZone, ok := p.parse(s)
	if !ok {
		return 0, faultf(classUnparsable, "%.60q does not have the form of the pattern", s)
	}
	local, ok := onDay(days, clock)
	switch {
	case !ok:
		return 0, tooFar
	case wall:
		return local, nil
	case hasZone && max(named.offset, -named.offset) > zoneOffsetMax:
		return 0, faultf(classUnparsable, "%.60q has an offset of more than 18 hours", s)
	case hasZone:
		return inRange(named.instant(local))
	}
	return inRange(toInstant(local, zone))
}
