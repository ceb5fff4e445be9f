package testkit_test

import (
	"testing"

	"example.com/latchkey/internal/testkit"
)

func TestThePrivatePage(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Get(testkit.Private).Expect(t, 303, "/login?next=%2Ftestkit%2Fpage")
		ada, ben := k.Browser().LogInAs(testkit.Ada), k.Another().Browser().LogInAs(testkit.Ben)
		ada.Post(testkit.Private, "title", " ", "body", "typed").ExpectText(t, 422, "Give it a title.", "typed")
		at := ada.Post(testkit.Private, "title", "Garden, row 7", "body", "thyme\n<sage>").Expect(t, 303).To
		ada.Get(testkit.Private).ExpectText(t, 200, "Garden, row 7 thyme\n<sage>")
		ben.Get(testkit.Private).ExpectText(t, 200, "Texts", "!row 7")
		ben.Get(at).Expect(t, 404)
		ben.Post(at, "title", "Mine", "version", "1").Expect(t, 404)
		ada.Post(at, "title", "Kitchen", "body", "mint", "version", "1").Expect(t, 303, at)
		ada.Post(at, "title", "Boat", "version", "1").ExpectText(t, 409, "Kitchen mint", "Boat", `name="version" value="2"`)
		ada.Get(at).ExpectText(t, 200, "Kitchen mint")
	})
}
