package dv

import "encoding/binary"

// Encode is the body of the set, in the portable form and as small as Roaring
// can say it: each chunk as an array, as runs or as bits. Equal sets have
// equal bodies.
func (b *Bitmap) Encode() []byte {
	dst := binary.LittleEndian.AppendUint32(nil, magicPortable)
	var chunks []chunk
	if b != nil {
		chunks = b.chunks
	}
	buckets := 0
	for i := range chunks {
		if i == 0 || chunks[i].high>>16 != chunks[i-1].high>>16 {
			buckets++
		}
	}
	dst = binary.LittleEndian.AppendUint64(dst, uint64(buckets))
	for len(chunks) > 0 {
		key, n := chunks[0].high>>16, 1
		for n < len(chunks) && chunks[n].high>>16 == key {
			n++
		}
		dst = encode32(binary.LittleEndian.AppendUint32(dst, uint32(key)), chunks[:n])
		chunks = chunks[n:]
	}
	return dst
}

// encode32 appends the chunks of one bucket as a 32-bit Roaring bitmap.
func encode32(dst []byte, chunks []chunk) []byte {
	start, n := len(dst), len(chunks)
	packed := make([]chunk, n)
	flags := make([]byte, (n+7)/8)
	anyRuns := false
	for i := range chunks {
		packed[i] = chunks[i].smallest()
		if packed[i].form == asRuns {
			flags[i/8] |= 1 << (i % 8)
			anyRuns = true
		}
	}
	if anyRuns {
		dst = binary.LittleEndian.AppendUint32(dst, cookieRuns|uint32(n-1)<<16)
		dst = append(dst, flags...)
	} else {
		dst = binary.LittleEndian.AppendUint32(dst, cookiePlain)
		dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	}
	for i := range packed {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(packed[i].high))
		dst = binary.LittleEndian.AppendUint16(dst, uint16(packed[i].count-1))
	}
	offsets := len(dst)
	if !anyRuns || n >= offsetsMin {
		dst = append(dst, make([]byte, 4*n)...)
	}
	for i := range packed {
		if !anyRuns || n >= offsetsMin {
			binary.LittleEndian.PutUint32(dst[offsets+4*i:], uint32(len(dst)-start))
		}
		dst = packed[i].encode(dst)
	}
	return dst
}

// smallest is the chunk in the form that takes the fewest bytes. One that was
// decoded has the form in which it came.
func (c *chunk) smallest() chunk {
	runs := 0
	c.runs(0, chunkRows, func(int, int) bool { runs++; return true })
	if smallest(int(c.count), runs) == c.form {
		return *c
	}
	var w words
	c.fill(&w)
	return pack(c.high, &w)
}

func (c *chunk) encode(dst []byte) []byte {
	switch c.form {
	case asRuns:
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(c.low)/2))
		for i := 0; i < len(c.low); i += 2 {
			dst = binary.LittleEndian.AppendUint16(dst, c.low[i])
			dst = binary.LittleEndian.AppendUint16(dst, c.low[i+1]-c.low[i])
		}
	case asArray:
		for _, v := range c.low {
			dst = binary.LittleEndian.AppendUint16(dst, v)
		}
	default:
		for _, w := range c.words {
			dst = binary.LittleEndian.AppendUint64(dst, w)
		}
	}
	return dst
}
