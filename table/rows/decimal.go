package rows

import (
	"math/big"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

// parseDecimal reads digits with an optional sign and point, exactly: more
// digits than the type holds are no decimal of it.
func parseDecimal(text string, d schema.Decimal) (decimal128.Num, bool) {
	whole, frac, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole, "+-")
	if len(whole)-len(digits) > 1 || digits == "" && frac == "" || len(text) > 100 {
		return decimal128.Num{}, false
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) > d.Scale || strings.Trim(digits+frac, "0123456789") != "" {
		return decimal128.Num{}, false
	}
	n, ok := new(big.Int).SetString("0"+digits+frac+strings.Repeat("0", d.Scale-len(frac)), 10)
	if !ok || len(n.String()) > d.Precision {
		return decimal128.Num{}, false
	}
	if strings.HasPrefix(whole, "-") {
		n.Neg(n)
	}
	return decimal128.FromBigInt(n), true
}
