package scan_test

import (
	"errors"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/replay"
	"github.com/foreset/foreset/internal/scan"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// TestAPredicateThatIsNotBooleanIsATypeError, like other mistakes in it.
func TestAPredicateThatIsNotBooleanIsATypeError(t *testing.T) {
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	state := &replay.State{Protocol: &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, Metadata: &log.Metadata{SchemaString: string(s.JSON())}}
	_, err = scan.New(scan.Options{State: state, Schema: s, Where: expr.SQL("id + 1")})
	var wrong *expr.TypeError
	if !errors.As(err, &wrong) || wrong.Line != 1 {
		t.Error(err)
	}
}
