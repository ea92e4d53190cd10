package parquetfile

import "testing"

// FuzzBloomHeader: no header makes it panic or claim more than there is.
func FuzzBloomHeader(f *testing.F) {
	f.Add([]byte{0x15, 0x80, 0x02, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0, 1, 2, 3})
	f.Add([]byte{0x15, 0x80, 0x02, 0x1c, 0x2c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0})
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, buf []byte) {
		header, _, ok, err := BloomHeader(buf)
		if header < 0 || header > len(buf) || ok && err != nil {
			t.Fatal(header, ok, err)
		}
	})
}

func TestABloomHeaderOfAnotherHashIsNotKnown(t *testing.T) {
	known := []byte{0x15, 0x80, 0x02, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0x1c, 0x1c, 0, 0, 0}
	header, filter, ok, err := BloomHeader(known)
	if header != len(known) || filter != 128 || !ok || err != nil {
		t.Error(header, filter, ok, err)
	}
	for _, at := range []int{4, 8, 12} { // a second member of one of the unions
		other := append([]byte{}, known...)
		other[at] = 0x2c
		if _, _, ok, err := BloomHeader(other); ok || err != nil {
			t.Error(at, ok, err)
		}
	}
	for n := range known {
		if _, _, ok, err := BloomHeader(known[:n]); ok || err == nil {
			t.Error(n, ok, err)
		}
	}
}
