import unittest

from parse import seconds


class Seconds(unittest.TestCase):
    def test_adds_the_parts(self):
        self.assertEqual(seconds("1h30m"), 5400)
