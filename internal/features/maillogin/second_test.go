package maillogin_test

import (
	"net/http"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// second does the second step, after a wrong word.
func second(t *testing.T, b *testkit.Browser) testkit.Page {
	t.Helper()
	b.Get(testkit.SecondStep).ExpectText(t, http.StatusOK, testkit.Ada, `name="next" value="`+testkit.Private+`"`)
	b.Post(testkit.SecondStep, "factor", "testkit", "word", "sesame").Expect(t, http.StatusUnprocessableEntity)
	if testkit.LoggedIn(b) {
		t.Fatal("logged in without the second factor")
	}
	return b.Post(testkit.SecondStep, "factor", "testkit", "word", testkit.Word, "next", testkit.Private)
}

// TestACodeIsTheFirstOfTwoSteps logs in to an account with a second factor, by the code and by the link. A right code is no
// wrong try, though it does not log in by itself.
func TestACodeIsTheFirstOfTwoSteps(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		k.GiveFactor(testkit.Ada)
		before := k.Count(`SELECT count(*) FROM logins`)
		for range 3 {
			b := asks(t, k.Browser(), testkit.Ada, "next", testkit.Private, "remember", "1")
			code := codeIn(t, k.Mail(testkit.Ada))
			b.Post(codePath, "code", code).Expect(t, http.StatusSeeOther, testkit.SecondStep)
			if testkit.LoggedIn(b) || k.Count(`SELECT count(*) FROM logins`) != before || k.Count(`SELECT count(*) FROM mail_logins`) != 0 {
				t.Fatal("the code alone logs in, or can be used again")
			}
			if p := second(t, b).Expect(t, http.StatusSeeOther, testkit.Private); p.SetCookie("latchkey").MaxAge == 0 {
				t.Error("“keep me logged in” is lost")
			}
			b.Get("/account/activity").ExpectText(t, http.StatusOK, "With a code by mail and a word")
			b.Post("/logout")
			before = k.Count(`SELECT count(*) FROM logins`)
		}
		b := asks(t, k.Browser(), testkit.Ada, "next", testkit.Private)
		b.Get(testkit.Link(k.Mail(testkit.Ada)))
		pressed(t, b, b.Get(linkPath)).Expect(t, http.StatusSeeOther, testkit.SecondStep)
		second(t, b).Expect(t, http.StatusSeeOther, testkit.Private)
	}, "LIMIT_MAIL_LOGIN_ACCOUNT=1", "LIMIT_MAIL_LOGIN_ADDRESS=1")
}

// TestPressedTwiceLeadsToTheSecondStep sends the form twice with one token, as browsers do, which drop the first answer.
func TestPressedTwiceLeadsToTheSecondStep(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		owner(t, k)
		k.GiveFactor(testkit.Ada)
		b := asks(t, k.Browser(), testkit.Ada, "next", testkit.Private)
		code := codeIn(t, k.Mail(testkit.Ada))
		b.Copy().Post(codePath, "code", code).Expect(t, http.StatusSeeOther, testkit.SecondStep)
		b.Post(codePath, "code", code).Expect(t, http.StatusSeeOther, testkit.SecondStep)
		second(t, b).Expect(t, http.StatusSeeOther, testkit.Private)
	})
}
