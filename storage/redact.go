package storage

import "strings"

// hidden stands where Redact took something out.
const hidden = "xxxxx"

// Redact returns a location without what may be secret in it: user, password,
// query and fragment of a URL. A plain path is returned as it is. The result
// is for messages; Redact of it changes nothing.
//
// It works on any string, well formed or not: where the parts of a URL cannot
// be told apart, too much is hidden rather than too little.
func Redact(url string) string {
	scheme, rest, isURL := strings.Cut(url, "://")
	if !isURL {
		if scheme, rest, isURL = cutScheme(url); isURL {
			return scheme + ":" + redactQuery(rest)
		}
		return url
	}
	return scheme + "://" + redactQuery(redactUser(scheme, rest))
}

// redactUser hides "user:password@" at the start of what follows "://".
func redactUser(scheme, rest string) string {
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	afterBracket := strings.LastIndexByte(authority, ']') + 1 // [::1]:9000
	colon := strings.IndexByte(authority[afterBracket:], ':')
	if colon >= 0 && strings.Trim(authority[afterBracket+colon+1:], "0123456789") != "" {
		// Not a port, so a password, and it may hold any of "/?#@" unescaped.
		at := strings.LastIndexByte(rest, '@')
		if at < 0 {
			return hidden
		}
		return hidden + rest[at:]
	}
	at := strings.LastIndexByte(authority, '@')
	if at < 0 || colon < 0 && isContainerScheme(scheme) {
		return rest
	}
	return hidden + rest[at:]
}

// isContainerScheme says whether a URL of this scheme has the name of a
// container where others have a user: abfss://container@account….
func isContainerScheme(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "abfs", "abfss", "wasb", "wasbs":
		return true
	}
	return false
}

// redactQuery hides the query, or the fragment where there is no query.
func redactQuery(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i+1] + hidden
	}
	return s
}

// cutScheme splits a location at the colon that ends its scheme. One letter is
// no scheme but a drive.
func cutScheme(location string) (scheme, rest string, ok bool) {
	i := strings.IndexByte(location, ':')
	if i < 2 {
		return "", location, false
	}
	for j, c := range []byte(location[:i]) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (j == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return "", location, false
		}
	}
	return location[:i], location[i+1:], true
}
