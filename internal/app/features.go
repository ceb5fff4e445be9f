package app

import (
	"example.com/latchkey/internal/feature"
	"example.com/latchkey/internal/features/activity"
	"example.com/latchkey/internal/features/dev"
	"example.com/latchkey/internal/features/export"
	"example.com/latchkey/internal/features/keptform"
	"example.com/latchkey/internal/features/maillogin"
	"example.com/latchkey/internal/features/oidc"
	"example.com/latchkey/internal/features/passkey"
	"example.com/latchkey/internal/features/pwned"
	"example.com/latchkey/internal/features/securitytxt"
	"example.com/latchkey/internal/features/trail"
	"example.com/latchkey/internal/features/unverified"
	"example.com/latchkey/internal/sections/notes"
)

// features is the list of everything beyond the core, yours and ours: one folder and one line each; make prune takes one out.
// What a section adds stays within its prefix, and none of it is more open than its floor. more are features that tests add.
func features(core *feature.Core, more ...func(*feature.Core) feature.Feature) []feature.Feature {
	list := []feature.Feature{
		// Yours.
		feature.Private("/notes", notes.Seeded(core)),

		// Ours.
		keptform.New(core),
		activity.New(core),
		passkey.New(core),
		maillogin.New(core),
		oidc.New(core),
		pwned.New(core),
		securitytxt.New(core),
		unverified.New(core),
		trail.New(core),
		dev.New(core),
	}
	for _, f := range more {
		list = append(list, f(core))
	}
	list = append(list, export.New(core, feature.Tables(list))) // after those whose tables it exports
	return list
}
