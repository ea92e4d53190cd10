package parquetio

import (
	"errors"
	"math"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/foreset/foreset/internal/parquetfile"
)

var (
	errValues = errors.New("its values are fewer than its levels say")
	errWide   = errors.New("a batch of it exceeds 2 GiB")
)

// values collects the dense values of a leaf (those that are not null) and
// makes arrays of them.
type values interface {
	// begin announces that about n more values will come.
	begin(n int)
	// decode reads what the reader's current page has, up to n levels, and
	// returns how many levels and values that was: 0 at the end of the column.
	decode(r file.ColumnChunkReader, n int64, def, rep []int16) (levels int64, values int, err error)
	// keep appends runs of the values that were decoded last, which is to be
	// done before others are.
	keep(runs []run) error
	// retain lets go of all values held but for runs of them.
	retain(runs []run)
	// len is the number of values held.
	len() int
	// bytes is what the values held take in an array.
	bytes() int64
	// array makes an array of the first n values, which are the valid ones
	// among the slots, and keeps the others.
	array(dt arrow.DataType, n int, s slots) (arrow.ArrayData, error)
	// release lets go of all values.
	release()
}

// slots say which of length places are valid.
type slots struct {
	length, nulls int
	bits          *memory.Buffer // nil if there are no nulls
}

func (s slots) valid(i int) bool { return s.bits == nil || bitutil.BitIsSet(s.bits.Bytes(), i) }

func (s slots) release() {
	if s.bits != nil {
		s.bits.Release()
	}
}

// pageReader is what arrow-go's typed column readers have in common. It is
// read page by page: byte arrays lie in the page until the next one is read.
type pageReader[P any] interface {
	ReadBatchInPage(n int64, values []P, def, rep []int16) (int64, int, error)
}

// readPage reads up to n levels of the current page, their values to dst.
func readPage[P any](r file.ColumnChunkReader, n int64, dst []P, def, rep []int16) (levels int64, read int, err error) {
	levels, read, err = r.(pageReader[P]).ReadBatchInPage(n, dst, def, rep)
	switch {
	case err != nil:
		return 0, 0, err
	case r.Err() != nil:
		return 0, 0, r.Err()
	case read < 0 || read > len(dst) || levels > n:
		return 0, 0, errValues
	}
	return levels, read, nil
}

// inside says whether ascending runs are all of the first n.
func inside(runs []run, n int) bool {
	return len(runs) == 0 || runs[len(runs)-1].first+runs[len(runs)-1].count <= n
}

// fixed holds values of a fixed width: P as stored, O as the array has them.
type fixed[P, O any] struct {
	mem     memory.Allocator
	convert func(dst []O, src []P) error // nil where P is O
	buf     *memory.Buffer               // of n values
	n       int
	scratch []P // what was decoded last, where it is converted
	decoded int
}

func newFixed[P, O any](mem memory.Allocator, convert func(dst []O, src []P) error) *fixed[P, O] {
	return &fixed[P, O]{mem: mem, convert: convert}
}

func (v *fixed[P, O]) width() int { return int(unsafe.Sizeof(*new(O))) }
func (v *fixed[P, O]) len() int   { return v.n }
func (v *fixed[P, O]) bytes() int64 {
	return int64(v.n) * int64(v.width())
}

func (v *fixed[P, O]) begin(n int) {
	if v.buf == nil {
		v.buf = memory.NewResizableBuffer(v.mem)
	}
	v.reserve(n)
}

// reserve makes room for n more values.
func (v *fixed[P, O]) reserve(n int) []O {
	if need := (v.n + n) * v.width(); need > v.buf.Len() {
		if v.buf.Cap() > 0 { // it grows by more than it must
			need = max(need, min(2*v.buf.Cap(), need+1<<20))
		}
		v.buf.ResizeNoShrink(need)
	}
	return view[O](v.buf.Bytes())[v.n : v.n+n]
}

func (v *fixed[P, O]) decode(r file.ColumnChunkReader, n int64, def, rep []int16) (int64, int, error) {
	var dst []P
	if v.convert == nil {
		dst = any(v.reserve(int(n))).([]P)
	} else {
		v.scratch = slices.Grow(v.scratch[:0], int(n))[:n]
		dst = v.scratch
	}
	levels, read, err := readPage(r, n, dst, def, rep)
	v.decoded = read
	return levels, read, err
}

func (v *fixed[P, O]) keep(runs []run) error {
	if !inside(runs, v.decoded) {
		return errValues
	}
	if v.convert == nil { // they stand where they will, but for the gaps
		v.n += closeUp(view[O](v.buf.Bytes())[v.n:v.n+v.decoded], runs)
		return nil
	}
	dst := v.reserve(countOf(runs))
	for _, r := range runs {
		if err := v.convert(dst[:r.count], v.scratch[r.first:r.first+r.count]); err != nil {
			return err
		}
		dst, v.n = dst[r.count:], v.n+r.count
	}
	return nil
}

func (v *fixed[P, O]) retain(runs []run) {
	v.n = closeUp(view[O](v.buf.Bytes())[:v.n], runs)
}

func (v *fixed[P, O]) array(dt arrow.DataType, n int, s slots) (arrow.ArrayData, error) {
	if n > v.n || n != s.length-s.nulls {
		return nil, errValues
	}
	ahead := slices.Clone(view[O](v.buf.Bytes())[n:v.n])
	v.n = n
	v.reserve(s.length - n)
	out := view[O](v.buf.Bytes())[:s.length]
	if s.nulls > 0 {
		space(out, n, s)
	}
	v.buf.ResizeNoShrink(s.length * v.width())
	data := array.NewData(dt, s.length, []*memory.Buffer{s.bits, v.buf}, nil, s.nulls, 0)
	v.release()
	if len(ahead) > 0 {
		v.begin(len(ahead))
		v.n = copy(v.reserve(len(ahead)), ahead)
	}
	return data, nil
}

func (v *fixed[P, O]) release() {
	if v.buf != nil {
		v.buf.Release()
		v.buf = nil
	}
	v.n = 0
}

// space moves n dense values apart, so that each stands in its valid slot;
// null slots are zero.
func space[O any](out []O, n int, s slots) {
	var zero O
	bits := s.bits.Bytes()
	for i := s.length - 1; i >= n; i-- { // below n the values are in place
		if bitutil.BitIsSet(bits, i) {
			n--
			out[i] = out[n]
		} else {
			out[i] = zero
		}
	}
}

// booleans holds booleans.
type booleans struct {
	mem     memory.Allocator
	all     []bool
	decoded int // values behind all that were decoded last
}

func (v *booleans) begin(n int)  { v.all = slices.Grow(v.all, n) }
func (v *booleans) len() int     { return len(v.all) }
func (v *booleans) bytes() int64 { return int64(len(v.all) / 8) }
func (v *booleans) release()     { v.all = v.all[:0] }

func (v *booleans) decode(r file.ColumnChunkReader, n int64, def, rep []int16) (int64, int, error) {
	at := len(v.all)
	v.all = slices.Grow(v.all, int(n))
	levels, read, err := readPage(r, n, v.all[at:at+int(n)], def, rep)
	v.decoded = read
	return levels, read, err
}

func (v *booleans) keep(runs []run) error {
	if !inside(runs, v.decoded) {
		return errValues
	}
	at := len(v.all)
	v.all = v.all[:at+closeUp(v.all[at:at+v.decoded], runs)]
	return nil
}

func (v *booleans) retain(runs []run) { v.all = v.all[:closeUp(v.all, runs)] }

func (v *booleans) array(dt arrow.DataType, n int, s slots) (arrow.ArrayData, error) {
	if n > len(v.all) || n != s.length-s.nulls {
		return nil, errValues
	}
	buf := newBits(v.mem, s.length)
	defer buf.Release()
	bits, next := buf.Bytes(), 0
	for i := range s.length {
		if s.valid(i) {
			if v.all[next] {
				bitutil.SetBit(bits, i)
			}
			next++
		}
	}
	v.all = slices.Delete(v.all, 0, n)
	return array.NewData(dt, s.length, []*memory.Buffer{s.bits, buf}, nil, s.nulls, 0), nil
}

// newBits is a bitmap of n zeros.
func newBits(mem memory.Allocator, n int) *memory.Buffer {
	buf := memory.NewResizableBuffer(mem)
	buf.ResizeNoShrink(int(bitutil.BytesForBits(int64(n))))
	clear(buf.Bytes())
	return buf
}

// binaries holds strings and binaries: what they are put end to end, and where
// each ends.
type binaries[P parquet.ByteArray | parquet.FixedLenByteArray] struct {
	mem     memory.Allocator
	offsets *memory.Buffer // of n+1 int32
	data    *memory.Buffer
	n       int
	used    int // bytes of data
	last    int // bytes of the last batch, a good guess for the next
	scratch []P
}

func (v *binaries[P]) len() int     { return v.n }
func (v *binaries[P]) bytes() int64 { return int64(v.used) + 4*int64(v.n) }

func (v *binaries[P]) begin(n int) {
	if v.offsets == nil {
		v.offsets, v.data = memory.NewResizableBuffer(v.mem), memory.NewResizableBuffer(v.mem)
		v.data.ResizeNoShrink(v.last + v.last/8)
	}
	v.ends(n)[0] = 0
}

// ends is the array of offsets with room for n more values.
func (v *binaries[P]) ends(n int) []int32 {
	if need := 4 * (v.n + n + 1); need > v.offsets.Len() {
		if v.offsets.Cap() > 0 {
			need = max(need, min(2*v.offsets.Cap(), need+1<<20))
		}
		v.offsets.ResizeNoShrink(need)
	}
	return view[int32](v.offsets.Bytes())
}

func (v *binaries[P]) decode(r file.ColumnChunkReader, n int64, def, rep []int16) (int64, int, error) {
	v.scratch = slices.Grow(v.scratch[:0], int(n))[:n]
	levels, read, err := readPage(r, n, v.scratch, def, rep)
	v.scratch = v.scratch[:max(read, 0)]
	return levels, read, err
}

func (v *binaries[P]) keep(runs []run) error {
	if !inside(runs, len(v.scratch)) {
		return errValues
	}
	return v.append(v.scratch[:closeUp(v.scratch, runs)])
}

// append copies values out of the page they lie in.
func (v *binaries[P]) append(src []P) error {
	more := 0
	for _, b := range src {
		more += len(b)
	}
	if more > math.MaxInt32-v.used {
		return &parquetfile.Error{Kind: parquetfile.ErrLimit, Err: errWide}
	}
	if need := v.used + more; need > v.data.Len() {
		v.data.ResizeNoShrink(max(need, min(2*v.data.Cap(), math.MaxInt32)))
	}
	ends, data, at := v.ends(len(src))[v.n+1:], v.data.Bytes(), v.used
	for i, b := range src {
		at += copy(data[at:], b)
		ends[i] = int32(at)
	}
	v.n, v.used = v.n+len(src), at
	return nil
}

func (v *binaries[P]) retain(runs []run) {
	ends, data, n, used := v.ends(0), v.data.Bytes(), 0, 0
	for _, r := range runs {
		start, end := int(ends[r.first]), int(ends[r.first+r.count])
		for i := range r.count {
			ends[n+1+i] = ends[r.first+1+i] - int32(start-used)
		}
		copy(data[used:], data[start:end])
		n, used = n+r.count, used+end-start
	}
	v.n, v.used = n, used
}

func (v *binaries[P]) array(dt arrow.DataType, n int, s slots) (arrow.ArrayData, error) {
	if n > v.n || n != s.length-s.nulls {
		return nil, errValues
	}
	var ahead []P // what is beyond n, copied
	ends, data := v.ends(0), slices.Clone(v.data.Bytes()[v.ends(0)[n]:v.used])
	for i := n; i < v.n; i++ {
		ahead = append(ahead, P(data[ends[i]-ends[n]:ends[i+1]-ends[n]]))
	}
	v.n, v.used = n, int(ends[n])
	ends = v.ends(s.length - n)
	if s.nulls > 0 {
		spaceEnds(ends, n, s)
	}
	v.offsets.ResizeNoShrink(4 * (s.length + 1))
	v.data.ResizeNoShrink(v.used)
	v.last = v.used
	out := array.NewData(dt, s.length, []*memory.Buffer{s.bits, v.offsets, v.data}, nil, s.nulls, 0)
	v.release()
	if len(ahead) > 0 {
		v.begin(len(ahead))
		return out, v.append(ahead)
	}
	return out, nil
}

// spaceEnds is space for offsets: a null slot ends where the one before does.
func spaceEnds(ends []int32, n int, s slots) {
	bits := s.bits.Bytes()
	for i := s.length - 1; i >= n; i-- {
		ends[i+1] = ends[n]
		if bitutil.BitIsSet(bits, i) {
			n--
		}
	}
}

func (v *binaries[P]) release() {
	if v.offsets != nil {
		v.offsets.Release()
		v.data.Release()
		v.offsets, v.data = nil, nil
	}
	v.n, v.used = 0, 0
}

// view is the bytes of a buffer as values of a fixed width.
func view[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(*new(T))))
}
