package files

import (
	"slices"
	"strings"
)

// around is how many lines before and after a change must be as they were written.
const around = 2

// A Hunk is a change of lines, with the lines around it.
type Hunk struct{ before, after []string }

// String shows the change as a diff does.
func (h Hunk) String() string {
	var b strings.Builder
	for _, line := range diff(h.before, h.after) {
		b.WriteString(string(line.kind) + " " + line.text)
	}
	return b.String()
}

// Merge makes the changes between two texts in a third one, which began as the first. It returns the changes that have no
// place there, or more than one.
func Merge(text, before, after string) (merged string, missing []Hunk) {
	if text == before {
		return after, nil
	}
	lines := strings.SplitAfter(text, "\n")
	for _, h := range hunks(strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")) {
		at := places(lines, h.before)
		if len(at) != 1 {
			missing = append(missing, h)
			continue
		}
		lines = slices.Concat(lines[:at[0]], h.after, lines[at[0]+len(h.before):])
	}
	return strings.Join(lines, ""), missing
}

// places are where the part stands in the lines.
func places(lines, part []string) (at []int) {
	for i := 0; i+len(part) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(part)], part) {
			at = append(at, i)
		}
	}
	return at
}

// hunks are the changes from one list of lines to the other. Changes that share lines around them are one.
func hunks(a, b []string) (list []Hunk) {
	all := diff(a, b)
	for i := 0; i < len(all); i++ {
		if all[i].kind == ' ' {
			continue
		}
		begin, last := max(0, i-around), i
		for j := i; j < len(all) && j <= last+2*around; j++ {
			if all[j].kind != ' ' {
				last = j
			}
		}
		end := min(len(all), last+1+around)
		var h Hunk
		for _, line := range all[begin:end] {
			if line.kind != '+' {
				h.before = append(h.before, line.text)
			}
			if line.kind != '-' {
				h.after = append(h.after, line.text)
			}
		}
		list = append(list, h)
		i = last
	}
	return list
}

// A change is a line that stays (' '), goes ('-') or comes ('+').
type change struct {
	kind byte
	text string
}

// diff returns the shortest way from one list of lines to the other: by the longest list that both have in common.
func diff(a, b []string) (changes []change) {
	common := make([][]int, len(a)+1) // of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			changes = append(changes, change{' ', a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			changes = append(changes, change{'-', a[i]})
			i++
		default:
			changes = append(changes, change{'+', b[j]})
			j++
		}
	}
	return changes
}
