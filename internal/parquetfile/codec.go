package parquetfile

import (
	"encoding/binary"
	"errors"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

// ourCodec is added to a codec's number for what decodes it here. arrow-go
// looks codecs up in a table of the process by their number; numbers of our own
// leave alone what others find there.
const ourCodec = 1000

func init() {
	for _, c := range []compress.Compression{
		compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Zstd, compress.Codecs.Lz4Raw,
	} {
		if codec, err := compress.GetCodec(c); err == nil {
			compress.RegisterCodec(ourCodec+c, pageCodec{codec})
		}
	}
	if raw, err := compress.GetCodec(compress.Codecs.Lz4Raw); err == nil {
		compress.RegisterCodec(ourCodec+compress.Codecs.Lz4, pageCodec{hadoopLZ4{raw}})
	}
}

// pageCodec decodes pages. In a page without values, as data pages v2 with nulls
// alone are, some writers put nothing at all, where the codec would have put a
// few bytes, and arrow-go's brotli fails at those.
type pageCodec struct{ compress.Codec }

// DecodeWithError decodes a page into dst, which has its size.
func (c pageCodec) DecodeWithError(dst, src []byte) ([]byte, error) {
	if len(dst) == 0 {
		return dst, nil
	}
	return compress.Decode(c.Codec, dst, src)
}

// hadoopLZ4 decodes what files call LZ4: blocks behind two big-endian sizes,
// uncompressed and compressed, as Hadoop frames them, or, from early parquet-cpp,
// one block and nothing before it. The format's newer LZ4_RAW is always the
// latter.
type hadoopLZ4 struct{ compress.Codec }

var errLZ4 = errors.New("a page of LZ4 that is neither framed as Hadoop does nor a single block")

// DecodeWithError tells the two by what they decode to: a page of the right
// size.
func (c hadoopLZ4) DecodeWithError(dst, src []byte) ([]byte, error) {
	if c.framed(dst, src) {
		return dst, nil
	}
	if out, err := compress.Decode(c.Codec, dst, src); err == nil && len(out) == len(dst) {
		return out, nil
	}
	return nil, errLZ4
}

// framed decodes frames, and reports whether they are that, and fill dst.
func (c hadoopLZ4) framed(dst, src []byte) bool {
	for len(src) > 0 {
		if len(src) < 8 {
			return false
		}
		plain := uint64(binary.BigEndian.Uint32(src))
		src = src[4:]
		if plain > uint64(len(dst)) {
			return false
		}
		for plain > 0 { // a frame has one block or several
			if len(src) < 4 {
				return false
			}
			size := uint64(binary.BigEndian.Uint32(src))
			src = src[4:]
			if size == 0 || size > uint64(len(src)) {
				return false
			}
			out, err := compress.Decode(c.Codec, dst[:plain], src[:size])
			if err != nil || len(out) == 0 {
				return false
			}
			dst, src, plain = dst[len(out):], src[size:], plain-uint64(len(out))
		}
	}
	return len(dst) == 0
}
