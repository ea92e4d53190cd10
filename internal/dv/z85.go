package dv

import (
	"encoding/binary"
	"fmt"
)

// z85Alphabet is ZeroMQ's Base85: four bytes are five characters, the most
// significant first.
const z85Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// z85Digits is what a character stands for, plus one; 0 is none.
var z85Digits = func() (digits [256]byte) {
	for i := range len(z85Alphabet) {
		digits[z85Alphabet[i]] = byte(i + 1)
	}
	return digits
}()

// encodeZ85 is the text of data, filled up with zeros to a multiple of four
// bytes.
func encodeZ85(data []byte) string {
	text := make([]byte, 0, (len(data)+3)/4*5)
	for len(data) > 0 {
		var group [4]byte
		data = data[copy(group[:], data):]
		v := binary.BigEndian.Uint32(group[:])
		var digits [5]byte
		for i := len(digits) - 1; i >= 0; i-- {
			digits[i] = z85Alphabet[v%85]
			v /= 85
		}
		text = append(text, digits[:]...)
	}
	return string(text)
}

// decodeZ85 is the bytes of text, a multiple of four of them.
func decodeZ85(text string) ([]byte, error) {
	if len(text)%5 != 0 {
		return nil, fmt.Errorf("Z85 text has %d characters, which is no multiple of 5", len(text))
	}
	data := make([]byte, 0, len(text)/5*4)
	for i := 0; i < len(text); i += 5 {
		v := uint64(0)
		for _, c := range []byte(text[i : i+5]) {
			digit := z85Digits[c]
			if digit == 0 {
				return nil, fmt.Errorf("%q is no character of Z85", c)
			}
			v = v*85 + uint64(digit-1)
		}
		if v>>32 != 0 {
			return nil, fmt.Errorf("%q is more than Z85 has in 5 characters", text[i:i+5])
		}
		data = binary.BigEndian.AppendUint32(data, uint32(v))
	}
	return data, nil
}
