// Package howto holds the documentation to what it says: the commands of each guide run on a copy of the project, the
// files for deployment run the program, and a clone's first steps leave the tests green. It has tests only.
package howto
