// Package slug makes titles into the last part of an address.
package slug

import "strings"

// Of gives the letters and digits of a title in lower case, with a hyphen in place of everything between them.
func Of(title string) string {
	isOther := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	return strings.Join(strings.FieldsFunc(strings.ToLower(title), isOther), "-")
}
