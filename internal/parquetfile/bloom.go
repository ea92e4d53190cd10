package parquetfile

import "errors"

// errForeignFilter: a filter in a form that is not known, which may be as good
// as those that are.
var errForeignFilter = errors.New("bloom filter of an unknown form")

// BloomHeader reads the header that a bloom filter begins with: its own size
// and the number of bytes of the filter behind it. ok is false for a filter
// that is not a split-block filter of xxHash, uncompressed. The error says that
// the header is damaged, or longer than buf.
func BloomHeader(buf []byte) (header int, filter int64, ok bool, err error) {
	s := &scanner{buf: buf}
	first := func(typ byte) (bool, error) { // the union has its only known member
		if typ != thriftStruct {
			return true, errThriftType
		}
		known := false
		err := s.structure(1, func(_ *scanner, id int64, _ byte) (bool, error) {
			known = id == 1
			return false, nil
		})
		if err == nil && !known {
			err = errForeignFilter
		}
		return true, err
	}
	seen := 0
	err = s.structure(0, func(_ *scanner, id int64, typ byte) (bool, error) {
		switch {
		case id == 1 && typ == thriftI32:
			v, err := s.varint()
			filter = unzigzag(v)
			seen++
			return true, err
		case id >= 2 && id <= 4: // algorithm, hash, compression
			seen++
			return first(typ)
		}
		return false, nil
	})
	if errors.Is(err, errForeignFilter) {
		return 0, 0, false, nil
	}
	return s.pos, filter, err == nil && seen == 4, err
}

// Held says whether a range of the file has been read already and is kept, so
// that ReadRange makes no request for it.
func (f *File) Held(offset, length int64) bool {
	return offset >= f.size-int64(len(f.tail)) && length >= 0 && offset <= f.size-length
}
