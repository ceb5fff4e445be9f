package password

import (
	"bytes"
	"compress/gzip"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/trustelem/zxcvbn/frequency"
)

var update = flag.Bool("update", false, "make common.txt.gz anew")

// The file holds all of the lists, and nothing else; and each of its words is found, and none beside it.
func TestCommonList(t *testing.T) {
	set := map[string]bool{}
	for _, list := range frequency.FrequencyLists {
		for _, word := range list {
			set[fold(strings.ToLower(word))] = true
		}
	}
	words := slices.Sorted(maps.Keys(set))
	want := "\n" + strings.Join(words, "\n") + "\n"
	if *update {
		var packed bytes.Buffer
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("common.txt.gz", packed.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("made anew: run the test again")
	}
	if !slices.Equal(common(), words) {
		t.Fatal("common.txt.gz is not made of the lists: run this test with -update")
	}
	for _, word := range words {
		if !isCommon(word) {
			t.Errorf("%q is not found", word)
		}
		for _, beside := range []string{word + "\x00", word + "\n", "\n" + word, word[:len(word)-1]} {
			if isCommon(beside) != set[beside] {
				t.Errorf("%q: found %v", beside, !set[beside])
			}
		}
	}
	if isCommon("") != set[""] || isCommon("\n") || isCommon("\xff") {
		t.Error("found what is not there")
	}
}
