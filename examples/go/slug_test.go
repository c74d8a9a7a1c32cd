package slug

import "testing"

func TestOf(t *testing.T) {
	if got := Of("  Plan, then apply! "); got != "plan-then-apply" {
		t.Errorf("got %q", got)
	}
}
