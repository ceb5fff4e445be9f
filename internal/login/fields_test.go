package login_test

import (
	"net/http"
	"net/url"
	"testing"

	"example.com/latchkey/internal/testkit"
)

// Fields that a form does not have change nothing (ASVS 8.2.3, 15.3.3): neither a role, nor an address, nor whose account
// it is.
func TestAFormChangesItsOwnFieldsAlone(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		more := []string{
			"role", "admin", "id", "x", "user_id", "x", "verified_at", "1", "verified", "1", "disabled_at", "1", "password_hash", "x",
			"created_at", "1", "email_key", "x", "registered_by", "x", "fresh_at", "9999999999999", "factors", "9",
		}
		row := func() string {
			return k.Text(`SELECT id || email || email_key || role || password_hash || verified_at || disabled_at || created_at || password_changed_at FROM users WHERE email = $1`, ada)
		}
		b := k.Browser()
		b.Post("/register", append([]string{"email", ada, "password", testkit.Password}, more...)...).Expect(t, http.StatusSeeOther)
		if k.Text(`SELECT role FROM users`) != "" || k.Count(`SELECT verified_at FROM users`) != 0 {
			t.Error("register gives a role, or takes the address for verified")
		}
		before := row()
		b.Post("/account/profile", append([]string{"name", "Ada", "email", ben, "password", "x"}, more...)...).Expect(t, http.StatusSeeOther)
		b.Post("/login", append([]string{"email", ada, "password", testkit.Password}, more...)...).Expect(t, http.StatusSeeOther)
		b.Post("/confirm", append([]string{"password", testkit.Password}, more...)...).Expect(t, http.StatusSeeOther)
		if row() != before || k.Text(`SELECT name FROM users`) != "Ada" || k.Count(`SELECT count(*) FROM logins WHERE fresh_at > $1`, k.Clock.Now().UnixMilli()) != 0 {
			t.Errorf("%s became %s", before, row())
		}
	})
}

// What a form sends stands in its body, and of two fields of one name the first counts, everywhere (ASVS 15.3.7).
func TestAFieldIsReadFromTheBodyAndOnce(t *testing.T) {
	testkit.Both(t, func(t *testing.T, k *testkit.Kit) {
		k.Browser().Register(ada)
		query := "?" + url.Values{"email": {ada}, "password": {testkit.Password}, "next": {"/privacy"}, "name": {"Query"}}.Encode()
		k.Browser().Post("/login"+query).Expect(t, http.StatusUnprocessableEntity)
		k.Browser().Post("/login"+query, "email", ada, "password", wrong).Expect(t, http.StatusUnprocessableEntity)
		k.Browser().Post("/login", "email", ada, "password", wrong, "password", testkit.Password).Expect(t, http.StatusUnprocessableEntity)
		b := k.Browser()
		b.Post("/login"+query, "email", ada, "email", ben, "password", testkit.Password, "password", wrong).Expect(t, http.StatusSeeOther, "/account")
		b.Get("/account").ExpectText(t, http.StatusOK, ada)
		b.Post("/account/profile?name=Query", "name", "First", "name", "Second").Expect(t, http.StatusSeeOther)
		if name := k.Text(`SELECT name FROM users`); name != "First" {
			t.Errorf("the name is %q", name)
		}
	})
}
