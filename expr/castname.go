package expr

import "github.com/foreset/foreset/schema"

// namedCasts are the casts that are written as calls of the type: int(x).
var namedCasts = func() map[string]*function {
	all := map[string]*function{}
	for name, t := range map[string]schema.Type{
		"boolean": schema.Boolean, "tinyint": schema.Byte, "smallint": schema.Short, "int": schema.Integer, "bigint": schema.Long,
		"float": schema.Float, "double": schema.Double, "decimal": schema.Decimal{Precision: 10}, "date": schema.Date,
		"timestamp": schema.Timestamp, "binary": schema.Binary, "string": schema.String,
	} {
		all[name] = &function{1, 1, func(b *binder, at *syntax, args []Node) (Node, error) {
			return b.explicitCast(&syntax{kind: kindCast, pos: at.pos, typ: t}, args[0])
		}}
	}
	return all
}()
