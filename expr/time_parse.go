package expr

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// dateParser parses texts with a pattern, strictly as java.time has it, but for
// letter case.
type dateParser struct {
	*datePattern
	zones *zones
}

// parse reads a text whole: the day and time of day, and the zone if it names
// one.
func (p dateParser) parse(s string) (days, micros int64, zone wallZone, hasZone, ok bool) {
	var t parsedTime
	if end := p.parts(p.datePattern.parts, s, 0, &t); end != len(s) {
		return 0, 0, wallZone{}, false, false
	}
	days, okDay := t.date()
	micros, okClock := t.clock()
	zone, hasZone = t.zone, t.named
	if !hasZone && t.known(fieldOffset) {
		zone, hasZone = wallZone{nil, t.fields[fieldOffset]}, true
	}
	return days, micros, zone, hasZone, okDay && okClock
}

// parts reads parts of a pattern from a place on, and returns the place after
// them, or −1.
func (p dateParser) parts(parts []patternPart, s string, at int, t *parsedTime) int {
	for i := range parts {
		part := &parts[i]
		switch part.kind {
		case literalPart:
			at = afterText(s, at, part.text)
		case numberPart, yearPart:
			at = part.number(s, at, t)
		case fractionPart:
			at = part.fraction(s, at, t)
		case namePart:
			at = part.name(s, at, t)
		case zonePart:
			at = p.zoneID(s, at, t)
		case offsetPart:
			at = part.offset.parse(s, at, t)
		case localOffsetPart:
			at = parseLocalOffset(s, at, part.style, t)
		case optionalPart:
			before := *t
			if end := p.parts(part.inside, s, at, t); end >= 0 {
				at = end
			} else {
				*t = before
			}
		}
		if at < 0 {
			return -1
		}
	}
	return at
}

// afterText is the place after a text, whatever its case, or −1.
func afterText(s string, at int, text string) int {
	for len(text) > 0 {
		if at >= len(s) {
			return -1
		}
		if text[0] < utf8.RuneSelf && text[0] == s[at] {
			at, text = at+1, text[1:]
			continue
		}
		want, n := utf8.DecodeRuneInString(text)
		got, m := utf8.DecodeRuneInString(s[at:])
		if unicode.ToUpper(want) != unicode.ToUpper(got) && unicode.ToLower(want) != unicode.ToLower(got) {
			return -1
		}
		at, text = at+m, text[n:]
	}
	return at
}

// number reads a number's digits. If numbers follow directly, their digits are
// left to them.
func (p *patternPart) number(s string, at int, t *parsedTime) int {
	negative, positive := false, false
	if at < len(s) && (s[at] == '-' || s[at] == '+') {
		negative, positive = s[at] == '-', s[at] == '+'
		if p.sign == notNegative || positive && p.sign == normalSign {
			return -1
		}
		at++
	}
	digits := 0
	for most := p.most + max(p.after, 0); digits < most && at+digits < len(s) && isDigit(s[at+digits]); {
		digits++
	}
	if digits < p.least {
		return -1
	}
	if p.after > 0 {
		digits = min(digits, max(p.least, digits-p.after))
	}
	var n int64
	for _, c := range []byte(s[at : at+digits]) {
		if n > (1<<63-10)/10 {
			return -1 // no field holds it
		}
		n = n*10 + int64(c-'0')
	}
	switch {
	case negative && n == 0,
		p.sign == exceedsPad && positive && digits <= p.least,
		p.sign == exceedsPad && !positive && !negative && digits > p.least:
		return -1
	case negative:
		n = -n
	case p.kind == yearPart:
		n += 2000
	}
	if !t.set(p.field, n) {
		return -1
	}
	return at + digits
}

func (p *patternPart) fraction(s string, at int, t *parsedTime) int {
	var n int64
	digits := 0
	for ; digits < p.most && at+digits < len(s) && isDigit(s[at+digits]); digits++ {
		n = n*10 + int64(s[at+digits]-'0')
	}
	if digits < p.least {
		return -1
	}
	for range 9 - digits {
		n *= 10
	}
	if !t.set(fieldNano, n) {
		return -1
	}
	return at + digits
}

// name reads the longest name of the field that fits.
func (p *patternPart) name(s string, at int, t *parsedTime) int {
	first, last := int64(0), int64(1)
	if p.field == fieldMonth {
		first, last = 1, 12
	}
	best, value := -1, int64(0)
	for n := first; n <= last; n++ {
		if end := afterText(s, at, fieldText(p.field, p.style, n)); end > best {
			best, value = end, n
		}
	}
	if best < 0 || !t.set(p.field, value) {
		return -1
	}
	return best
}

// twoDigits reads a number of two digits, perhaps after a colon.
func twoDigits(s string, at int, colon bool) (n int64, end int, ok bool) {
	if colon {
		if at >= len(s) || s[at] != ':' {
			return 0, at, false
		}
		at++
	}
	if at+2 > len(s) || !isDigit(s[at]) || !isDigit(s[at+1]) {
		return 0, at, false
	}
	n = int64(s[at]-'0')*10 + int64(s[at+1]-'0')
	return n, at + 2, n <= 59
}

func (o offsetStyle) parse(s string, at int, t *parsedTime) int {
	seconds, end := o.read(s, at)
	if end < 0 || !t.set(fieldOffset, seconds) {
		return -1
	}
	return end
}

// read is an offset in seconds and the place after it, or −1.
func (o offsetStyle) read(s string, at int) (int64, int) {
	if end := afterText(s, at, o.zero); end >= 0 {
		return 0, end
	}
	if at >= len(s) || s[at] != '+' && s[at] != '-' {
		return 0, -1
	}
	colon := o.form%2 == 0
	hours, end, ok := twoDigits(s, at+1, false)
	if !ok || hours > 23 {
		return 0, -1
	}
	minutes, next, ok := twoDigits(s, end, colon)
	if ok {
		end = next
	} else if minutes = 0; o.form >= 3 {
		return 0, -1
	}
	var rest int64
	if o.form >= 5 {
		if rest, next, ok = twoDigits(s, end, colon); ok {
			end = next
		} else {
			rest = 0
		}
	}
	seconds := hours*3600 + minutes*60 + rest
	if s[at] == '-' {
		seconds = -seconds
	}
	return seconds, end
}

func parseLocalOffset(s string, at int, style textStyle, t *parsedTime) int {
	at = afterText(s, at, "GMT")
	if at < 0 {
		return -1
	}
	seconds, end := int64(0), at
	if at < len(s) && (s[at] == '+' || s[at] == '-') {
		if seconds, end = localOffset(s, at+1, style); end < 0 {
			return -1
		}
		if s[at] == '-' {
			seconds = -seconds
		}
	}
	if !t.set(fieldOffset, seconds) {
		return -1
	}
	return end
}

// localOffset reads h[h][:mm[:ss]], or hh:mm[:ss] if the style is full.
func localOffset(s string, at int, style textStyle) (int64, int) {
	pair := func(at int) (int64, bool) {
		if at+2 < len(s) && s[at] == ':' && isDigit(s[at+1]) && isDigit(s[at+2]) {
			return int64(s[at+1]-'0')*10 + int64(s[at+2]-'0'), true
		}
		return 0, false
	}
	if at >= len(s) || !isDigit(s[at]) {
		return 0, -1
	}
	hours := int64(s[at] - '0')
	if at++; at < len(s) && isDigit(s[at]) {
		hours = hours*10 + int64(s[at]-'0')
		at++
	} else if style == fullText {
		return 0, -1
	}
	minutes, ok := pair(at)
	if !ok {
		if style == fullText {
			return 0, -1
		}
		return hours * 3600, at
	}
	at += 3
	rest, ok := pair(at)
	if ok {
		at += 3
	}
	return hours*3600 + minutes*60 + rest, at
}

// zoneID reads an offset, UTC, GMT or UT with or without one, or the name of a
// region.
func (p dateParser) zoneID(s string, at int, t *parsedTime) int {
	const form = 6
	if at < len(s) && (s[at] == '+' || s[at] == '-') {
		return t.setZone(wallZone{}, s, at, offsetStyle{form, "Z"}, true)
	}
	for _, prefix := range []string{"UTC", "UT", "GMT"} {
		if end := afterText(s, at, prefix); end >= 0 {
			if prefix == "GMT" && end < len(s) && s[end] == '0' {
				t.named = true
				return end + 1
			}
			if end == len(s) || s[end] != '+' && s[end] != '-' {
				t.named = true
				return end
			}
			return t.setZone(wallZone{}, s, end, offsetStyle{form, "0"}, false)
		}
	}
	end := at
	for end < len(s) && (isLetter(s[end]) || isDigit(s[end]) || strings.IndexByte("/_-+", s[end]) >= 0) {
		end++
	}
	name := s[at:end]
	if strings.EqualFold(name, "Z") {
		t.named = true
		return end
	}
	if zone := p.zones.region(name); zone != nil {
		t.zone, t.named = wallZone{zone, 0}, true
		return end
	}
	return -1
}

// setZone notes an offset as the zone. Where there is none after a prefix, the
// prefix is the zone.
func (t *parsedTime) setZone(zone wallZone, s string, at int, style offsetStyle, needed bool) int {
	seconds, end := style.read(s, at)
	switch {
	case end < 0 && needed, max(seconds, -seconds) > zoneOffsetMax:
		return -1
	case end < 0:
		end, seconds = at, 0
	}
	t.zone, t.named = wallZone{zone.zone, seconds}, true
	return end
}

// region is a zone by its name, nil if there is none.
func (z *zones) region(name string) *time.Location {
	if name == "" || shortZones[name] != "" {
		return nil
	}
	if known, ok := z.env.zones[name]; ok {
		return known.location
	}
	zone := loadZone(name)
	z.env.zones[strings.Clone(name)] = &zoneName{zone}
	return zone
}
