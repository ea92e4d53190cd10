package expr

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Functions may make much of little: repeat(s, 1000000) of each row of a batch
// is more than there is memory for. What a batch makes too much of is evaluated
// in halves, down to single rows; a row that alone makes too much is an error.
// So a value still depends on its row alone.

const (
	// madeMost is how many bytes of texts and elements may be made at once.
	madeMost = 256 << 20
	// foldedMost is how long a text may be that is computed before any row.
	foldedMost = 1 << 20
)

// errHalve says that there are too many rows to be evaluated at once.
var errHalve = errors.New("too much memory for all rows of a batch")

// makes counts what a node makes.
func (r *run) makes(pos int, bytes int64) error {
	if r.made += bytes; r.made <= madeMost {
		return nil
	}
	if r.rows > 1 {
		return errHalve
	}
	return &EvalError{
		Class: "COLLECTION_SIZE_LIMIT_EXCEEDED", Msg: fmt.Sprintf("the texts and elements that are made of a row take more than %d bytes", int64(madeMost)),
		Position: position(r.text, pos),
	}
}

// halves calls f for the two halves of a batch, with the place of their first
// row, by which rows in errors are counted.
func halves(batch arrow.RecordBatch, f func(half arrow.RecordBatch, first int64) error) error {
	n := batch.NumRows()
	for _, part := range [][2]int64{{0, n / 2}, {n / 2, n}} {
		half := batch.NewSlice(part[0], part[1])
		err := f(half, part[0])
		half.Release()
		var failure *EvalError
		if errors.As(err, &failure) {
			moved := *failure
			moved.Row += int(part[0])
			return &moved
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// evalHalves is Eval of a batch in halves.
func (b *Bound) evalHalves(batch arrow.RecordBatch, mem memory.Allocator) (arrow.Array, error) {
	var parts []arrow.Array
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	err := halves(batch, func(half arrow.RecordBatch, _ int64) error {
		p, err := b.Eval(half, mem)
		if err == nil {
			parts = append(parts, p)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return array.Concatenate(parts, mem)
}

// filterHalves is Filter of a batch in halves.
func (b *Bound) filterHalves(batch arrow.RecordBatch, dst []int32) ([]int32, error) {
	kept := len(dst)
	err := halves(batch, func(half arrow.RecordBatch, first int64) error {
		before := len(dst)
		var err error
		dst, err = b.Filter(half, dst)
		for i := range dst[before:] {
			dst[before+i] += int32(first)
		}
		return err
	})
	if err != nil {
		dst = dst[:kept]
	}
	return dst, err
}
