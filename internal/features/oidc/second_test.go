package oidc_test

import (
	"net/http"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// second does the second step, after a wrong word.
func second(t *testing.T, b *testkit.Browser, next string) testkit.Page {
	t.Helper()
	b.Get(testkit.SecondStep).ExpectText(t, http.StatusOK, testkit.Ada, `name="next" value="`+next+`"`)
	b.Post(testkit.SecondStep, "factor", "testkit", "word", "sesame").Expect(t, http.StatusUnprocessableEntity)
	if testkit.LoggedIn(b) {
		t.Fatal("logged in without the second factor")
	}
	return b.Post(testkit.SecondStep, "factor", "testkit", "word", testkit.Word, "next", next)
}

// TestAnotherSiteIsTheFirstOfTwoSteps logs in through the provider to an account with a second factor.
func TestAnotherSiteIsTheFirstOfTwoSteps(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		linked(t, k, o).Post("/logout")
		k.GiveFactor(testkit.Ada)
		before := k.Count(`SELECT count(*) FROM logins`)
		b := opened(k)
		through(t, k, o, b, "", "next", testkit.Private, "remember", "1").Expect(t, http.StatusSeeOther, testkit.SecondStep)
		if testkit.LoggedIn(b) || k.Count(`SELECT count(*) FROM logins`) != before {
			t.Fatal("the provider alone logs in")
		}
		if p := second(t, b, testkit.Private).Expect(t, http.StatusSeeOther, testkit.Private); p.SetCookie("latchkey").MaxAge == 0 {
			t.Error("“keep me logged in” is lost")
		}
		b.Get("/account/activity").ExpectText(t, http.StatusOK, "With Example and a word")
	})
}

// TestAnAccountIsLinkedAfterTwoSteps comes with an address that has an account with a second factor: what waits to be linked
// is still there after both steps.
func TestAnAccountIsLinkedAfterTwoSteps(t *testing.T) {
	both(t, func(t *testing.T, k *testkit.Kit, o *op) {
		testkit.Verified(t, k, testkit.Ada)
		k.GiveFactor(testkit.Ada)
		const link = listPath + "/link"
		b := opened(k)
		through(t, k, o, b, "").Expect(t, http.StatusSeeOther, "/login/join")
		b.Post("/login", "email", testkit.Ada, "password", testkit.Password, "next", link).Expect(t, http.StatusSeeOther, testkit.SecondStep)
		b.Get(link).Expect(t, http.StatusSeeOther)
		second(t, b, link).Expect(t, http.StatusSeeOther, link)
		b.Get(link).ExpectText(t, http.StatusOK, "Link Example to your account?")
		b.Post(link).Expect(t, http.StatusSeeOther, listPath)
	})
}
