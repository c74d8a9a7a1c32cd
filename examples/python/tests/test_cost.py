import unittest

from shipping import cost


class Cost(unittest.TestCase):
    def test_counts_each_kilogram_that_is_begun(self):
        self.assertEqual(cost(1001, "AT"), 490 + 2 * 120)

    def test_refuses_a_country_without_a_rate(self):
        with self.assertRaises(KeyError):
            cost(1, "XX")
