package expr

import "unicode"

// Case as Spark has it, which is that of Unicode 17: what the tables of package
// unicode do not say. The oracle has every letter.

// upperSeveral are the letters whose capital form is several characters.
var upperSeveral = map[rune]string{
	0x00DF: "\u0053\u0053", 0x0149: "\u02bc\u004e", 0x01F0: "\u004a\u030c", 0x0390: "\u0399\u0308\u0301",
	0x03B0: "\u03a5\u0308\u0301", 0x0587: "\u0535\u0552", 0x1E96: "\u0048\u0331", 0x1E97: "\u0054\u0308", 0x1E98: "\u0057\u030a",
	0x1E99: "\u0059\u030a", 0x1E9A: "\u0041\u02be", 0x1F50: "\u03a5\u0313", 0x1F52: "\u03a5\u0313\u0300",
	0x1F54: "\u03a5\u0313\u0301", 0x1F56: "\u03a5\u0313\u0342", 0x1F80: "\u1f08\u0399", 0x1F81: "\u1f09\u0399",
	0x1F82: "\u1f0a\u0399", 0x1F83: "\u1f0b\u0399", 0x1F84: "\u1f0c\u0399", 0x1F85: "\u1f0d\u0399", 0x1F86: "\u1f0e\u0399",
	0x1F87: "\u1f0f\u0399", 0x1F88: "\u1f08\u0399", 0x1F89: "\u1f09\u0399", 0x1F8A: "\u1f0a\u0399", 0x1F8B: "\u1f0b\u0399",
	0x1F8C: "\u1f0c\u0399", 0x1F8D: "\u1f0d\u0399", 0x1F8E: "\u1f0e\u0399", 0x1F8F: "\u1f0f\u0399", 0x1F90: "\u1f28\u0399",
	0x1F91: "\u1f29\u0399", 0x1F92: "\u1f2a\u0399", 0x1F93: "\u1f2b\u0399", 0x1F94: "\u1f2c\u0399", 0x1F95: "\u1f2d\u0399",
	0x1F96: "\u1f2e\u0399", 0x1F97: "\u1f2f\u0399", 0x1F98: "\u1f28\u0399", 0x1F99: "\u1f29\u0399", 0x1F9A: "\u1f2a\u0399",
	0x1F9B: "\u1f2b\u0399", 0x1F9C: "\u1f2c\u0399", 0x1F9D: "\u1f2d\u0399", 0x1F9E: "\u1f2e\u0399", 0x1F9F: "\u1f2f\u0399",
	0x1FA0: "\u1f68\u0399", 0x1FA1: "\u1f69\u0399", 0x1FA2: "\u1f6a\u0399", 0x1FA3: "\u1f6b\u0399", 0x1FA4: "\u1f6c\u0399",
	0x1FA5: "\u1f6d\u0399", 0x1FA6: "\u1f6e\u0399", 0x1FA7: "\u1f6f\u0399", 0x1FA8: "\u1f68\u0399", 0x1FA9: "\u1f69\u0399",
	0x1FAA: "\u1f6a\u0399", 0x1FAB: "\u1f6b\u0399", 0x1FAC: "\u1f6c\u0399", 0x1FAD: "\u1f6d\u0399", 0x1FAE: "\u1f6e\u0399",
	0x1FAF: "\u1f6f\u0399", 0x1FB2: "\u1fba\u0399", 0x1FB3: "\u0391\u0399", 0x1FB4: "\u0386\u0399", 0x1FB6: "\u0391\u0342",
	0x1FB7: "\u0391\u0342\u0399", 0x1FBC: "\u0391\u0399", 0x1FC2: "\u1fca\u0399", 0x1FC3: "\u0397\u0399", 0x1FC4: "\u0389\u0399",
	0x1FC6: "\u0397\u0342", 0x1FC7: "\u0397\u0342\u0399", 0x1FCC: "\u0397\u0399", 0x1FD2: "\u0399\u0308\u0300",
	0x1FD3: "\u0399\u0308\u0301", 0x1FD6: "\u0399\u0342", 0x1FD7: "\u0399\u0308\u0342", 0x1FE2: "\u03a5\u0308\u0300",
	0x1FE3: "\u03a5\u0308\u0301", 0x1FE4: "\u03a1\u0313", 0x1FE6: "\u03a5\u0342", 0x1FE7: "\u03a5\u0308\u0342",
	0x1FF2: "\u1ffa\u0399", 0x1FF3: "\u03a9\u0399", 0x1FF4: "\u038f\u0399", 0x1FF6: "\u03a9\u0342", 0x1FF7: "\u03a9\u0342\u0399",
	0x1FFC: "\u03a9\u0399", 0xFB00: "\u0046\u0046", 0xFB01: "\u0046\u0049", 0xFB02: "\u0046\u004c", 0xFB03: "\u0046\u0046\u0049",
	0xFB04: "\u0046\u0046\u004c", 0xFB05: "\u0053\u0054", 0xFB06: "\u0053\u0054", 0xFB13: "\u0544\u0546", 0xFB14: "\u0544\u0535",
	0xFB15: "\u0544\u053b", 0xFB16: "\u054e\u0546", 0xFB17: "\u0544\u053d",
}

// titleSeveral are the letters whose form at the beginning of a word is several
// characters.
var titleSeveral = map[rune]string{
	0x00DF: "\u0053\u0073", 0x0149: "\u02bc\u004e", 0x01F0: "\u004a\u030c", 0x0390: "\u0399\u0308\u0301",
	0x03B0: "\u03a5\u0308\u0301", 0x0587: "\u0535\u0582", 0x1E96: "\u0048\u0331", 0x1E97: "\u0054\u0308", 0x1E98: "\u0057\u030a",
	0x1E99: "\u0059\u030a", 0x1E9A: "\u0041\u02be", 0x1F50: "\u03a5\u0313", 0x1F52: "\u03a5\u0313\u0300",
	0x1F54: "\u03a5\u0313\u0301", 0x1F56: "\u03a5\u0313\u0342", 0x1FB2: "\u1fba\u0345", 0x1FB4: "\u0386\u0345",
	0x1FB6: "\u0391\u0342", 0x1FB7: "\u0391\u0342\u0345", 0x1FC2: "\u1fca\u0345", 0x1FC4: "\u0389\u0345", 0x1FC6: "\u0397\u0342",
	0x1FC7: "\u0397\u0342\u0345", 0x1FD2: "\u0399\u0308\u0300", 0x1FD3: "\u0399\u0308\u0301", 0x1FD6: "\u0399\u0342",
	0x1FD7: "\u0399\u0308\u0342", 0x1FE2: "\u03a5\u0308\u0300", 0x1FE3: "\u03a5\u0308\u0301", 0x1FE4: "\u03a1\u0313",
	0x1FE6: "\u03a5\u0342", 0x1FE7: "\u03a5\u0308\u0342", 0x1FF2: "\u1ffa\u0345", 0x1FF4: "\u038f\u0345", 0x1FF6: "\u03a9\u0342",
	0x1FF7: "\u03a9\u0342\u0345", 0xFB00: "\u0046\u0066", 0xFB01: "\u0046\u0069", 0xFB02: "\u0046\u006c",
	0xFB03: "\u0046\u0066\u0069", 0xFB04: "\u0046\u0066\u006c", 0xFB05: "\u0053\u0074", 0xFB06: "\u0053\u0074",
	0xFB13: "\u0544\u0576", 0xFB14: "\u0544\u0565", 0xFB15: "\u0544\u056b", 0xFB16: "\u054e\u0576", 0xFB17: "\u0544\u056d",
}

// newerLetters are the pairs of letters that package unicode does not know yet:
// runs of n pairs with consecutive numbers.
var newerLetters = []struct{ upper, lower, n rune }{
	{0xA7DC, 0x019B, 1}, {0xA7CB, 0x0264, 1}, {0x1C89, 0x1C8A, 1}, {0xA7CC, 0xA7CD, 1}, {0xA7CE, 0xA7CF, 1}, {0xA7D2, 0xA7D3, 1},
	{0xA7D4, 0xA7D5, 1}, {0xA7DA, 0xA7DB, 1}, {0x10D50, 0x10D70, 22}, {0x16EA0, 0x16EBB, 25},
}

// newerCased and newerIgnored are characters that count as letters with case,
// or do not count, when it is decided whether a sigma ends a word.
var (
	newerCased = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x1C89, 0x1C8A, 1}, {0xA7CB, 0xA7CF, 1}, {0xA7D2, 0xA7D2, 1}, {0xA7D4, 0xA7D4, 1}, {0xA7DA, 0xA7DC, 1}, {0xA7F1, 0xA7F1, 1},
		},
		R32: []unicode.Range32{
			{0x10D50, 0x10D65, 1}, {0x10D70, 0x10D85, 1}, {0x16EA0, 0x16EB8, 1}, {0x16EBB, 0x16ED3, 1},
		},
	}
	newerIgnored = &unicode.RangeTable{
		R16: []unicode.Range16{
			{0x0897, 0x0897, 1}, {0x1ACF, 0x1ADD, 1}, {0x1AE0, 0x1AEB, 1}, {0xA7F1, 0xA7F1, 1},
		},
		R32: []unicode.Range32{
			{0x10D4E, 0x10D4E, 1}, {0x10D69, 0x10D6D, 1}, {0x10D6F, 0x10D6F, 1}, {0x10EC5, 0x10EC5, 1}, {0x10EFA, 0x10EFC, 1},
			{0x113BB, 0x113C0, 1}, {0x113CE, 0x113CE, 1}, {0x113D0, 0x113D0, 1}, {0x113D2, 0x113D2, 1}, {0x113E1, 0x113E2, 1},
			{0x11B60, 0x11B60, 1}, {0x11B62, 0x11B64, 1}, {0x11B66, 0x11B66, 1}, {0x11DD9, 0x11DD9, 1}, {0x11F5A, 0x11F5A, 1},
			{0x1611E, 0x16129, 1}, {0x1612D, 0x1612F, 1}, {0x16D40, 0x16D42, 1}, {0x16D6B, 0x16D6C, 1}, {0x16FF2, 0x16FF3, 1},
			{0x1E5EE, 0x1E5EF, 1}, {0x1E6E3, 0x1E6E3, 1}, {0x1E6E6, 0x1E6E6, 1}, {0x1E6EE, 0x1E6EF, 1}, {0x1E6F5, 0x1E6F5, 1},
			{0x1E6FF, 0x1E6FF, 1},
		},
	}
)
