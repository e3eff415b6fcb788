"""Meet the ball where it comes down, each time with another part of the paddle, of a narrow one near its middle."""

import random

LEAD = 1.0  # tune: [0, 5]
SLACK = 1.5  # tune: [1, 4]
MIDDLE = 7.0  # tune: [4, 10]
SPREAD = 5.0  # tune: [1, 7]
NARROW = 2.0  # tune: [0.5, 4]
NARROW_MIDDLE = 5.0  # tune: [2, 9]

PADDLE, BALL_X, BALL_Y = 72, 99, 101
NOOP, FIRE, RIGHT, LEFT = 0, 1, 2, 3
LEFT_WALL, RIGHT_WALL = 57.0, 199.0
CONTACT_Y = 176.0
CEILING = 30.0


class Policy:
    def __init__(self):
        self.before = None
        self.paddle = None
        self.part = 0.0
        self.is_narrow = False
        self.random = random.Random(1)
        self.frame = 0

    def act(self, observation):
        x, y, paddle = (float(observation[i]) for i in (BALL_X, BALL_Y, PADDLE))
        drift = 0.0 if self.paddle is None else paddle - self.paddle
        self.paddle = paddle
        self.frame += 1
        if self.before is None or y < 10 or y > 200:
            self.before = (x, y, 0.0, 0.0)
            self.is_narrow = False
            return FIRE if self.frame % 2 else NOOP
        self.is_narrow = self.is_narrow or y < CEILING
        middle, spread = (NARROW_MIDDLE, NARROW) if self.is_narrow else (MIDDLE, SPREAD)
        x0, y0, vx, vy = self.before
        if (x, y) != (x0, y0):
            new_vx, new_vy = x - x0, y - y0
            if vy > 0 and new_vy < 0 and y > 150:
                self.part = self.random.uniform(-1.0, 1.0)
            vx = new_vx if new_vx * vx <= 0 else 0.7 * vx + 0.3 * new_vx
            vy = new_vy if new_vy * vy <= 0 else 0.7 * vy + 0.3 * new_vy
        self.before = (x, y, vx, vy)
        if vy > 0 and y > 95:
            target = fold(x + vx * (CONTACT_Y - y) / vy)
            target -= middle + spread * self.part
        else:
            target = x - middle
        gap = target - (paddle + LEAD * drift)
        if abs(gap) <= SLACK:
            return FIRE if self.frame % 2 else NOOP
        return RIGHT if gap > 0 else LEFT


def fold(x):
    """Returns where a ball is that the side walls have thrown back."""
    span = RIGHT_WALL - LEFT_WALL
    away = (x - LEFT_WALL) % (2 * span)
    return LEFT_WALL + (away if away <= span else 2 * span - away)
