package expr

import (
	"testing"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// TestDecimalsEqualAConstantOfEitherSign only if they are it.
func TestDecimalsEqualAConstantOfEitherSign(t *testing.T) {
	d := schema.Decimal{Precision: 5}
	s := &schema.Struct{Fields: []schema.Field{{Name: "e", Type: d, Nullable: true}}}
	for text, constant := range map[string]int64{"-1BD": -1, "-2BD": -2, "0BD": 0, "1BD": 1, "2BD": 2} {
		b, err := SQL("e = "+text).Bind(s, Env{})
		if err != nil {
			t.Fatal(err)
		}
		for x := int64(-3); x <= 3; x++ {
			v, err := b.EvalRow(func([]string) value.Value { return value.Decimal(d, value.FromInt64(x)) })
			if err != nil || v.Bool() != (x == constant) {
				t.Errorf("%d = %s: %#v, %v", x, text, v, err)
			}
		}
	}
}
