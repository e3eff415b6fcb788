"""Intercept the ball with the paddle part whose learned rebound angle promises the most brick points per frame."""
import random


LEAD = 1.0  # tune: [0, 2.5]
DEADBAND = 2.5  # tune: [1, 5]
DIG_BONUS = 3.0  # tune: [0, 8]

SCORE_HI, SCORE_LO, LIVES, PADDLE, BALL_X, BALL_Y = 76, 77, 57, 72, 99, 101
NOOP, FIRE, RIGHT, LEFT = 0, 1, 2, 3
SCREEN_X, SCREEN_Y = 48, 9          # ram minus SCREEN_X = pixel; ram plus SCREEN_Y = pixel
CEILING = 32 - SCREEN_Y
PADDLE_SPEED = 3.5
POINTS = (7, 7, 4, 4, 1, 1)         # rows from the top
# playfield registers (right to left) and bit masks of the 18 brick columns, left to right
COLUMNS = ([(5, 0xC0)] + [(4, m) for m in (0xC0, 0x30, 0x0C, 0x03)]
           + [(3, m) for m in (0x03, 0x0C, 0x30, 0xC0)] + [(2, 0x30), (2, 0xC0)]
           + [(1, m) for m in (0xC0, 0x30, 0x0C, 0x03)] + [(0, m) for m in (0x03, 0x0C, 0x30)])


class Policy:
    def reset(self, seed=None, spaces=None):
        self.rng = random.Random(7)
        self.left, self.right, self.contact_y = 57.0, 199.0, 176.0
        self.track = []              # ball positions since its last change of direction
        self.slopes = {}             # paddle part -> vx / vy after the bounce
        self.pending = None          # paddle part hit last, while its rebound is being measured
        self.part = 8.0              # wanted ball x minus paddle x at contact
        self.planned = False
        self.low, self.high = {False: 2.0, True: 2.0}, {False: 14.0, True: 14.0}
        self.small = False           # paddle may have shrunk: the ball has touched the ceiling
        self.top_first = True
        self.old_bricks, self.old_score, self.old_lives = None, 0, None
        self.idle_bounces, self.frame, self.still = 0, 0, 0
        self.old_paddle, self.last_rel = None, 8.0

    def __init__(self):
        self.reset()

    def fold(self, x):
        span = self.right - self.left
        u = (x - self.left) % (2 * span)
        return self.left + (u if u <= span else 2 * span - u)

    def bricks(self, ram):
        rows = range(6) if self.top_first else range(5, -1, -1)
        return [[bool(ram[6 * reg + k] & mask) for reg, mask in COLUMNS] for k in rows]

    def flight_value(self, x, vx, speed, wall):
        """Points (with a bonus for digging deep) per frame until the ball is back at the paddle."""
        wall = [row[:] for row in wall]
        y, vy, value, wait = self.contact_y, -speed, 0.0, 0
        for t in range(1, 500):
            x, y, wait = x + vx, y + vy, wait - 1
            if x < self.left or x > self.right:
                x, vx = self.fold(x), -vx
            if y < CEILING and vy < 0:
                vy = -vy
                value += DIG_BONUS
            row = int((y + SCREEN_Y - 57) // 6)
            if 0 <= row < 6 and wait <= 0:
                col = min(17, max(0, int((x - SCREEN_X - 8) // 8)))
                if wall[row][col]:
                    open_below = sum(not wall[r][col] for r in range(row + 1, 6))
                    value += POINTS[row] + DIG_BONUS * open_below / 5
                    wall[row][col] = False
                    vy, wait = -vy, 6 / speed
            if y >= self.contact_y:
                break
        return value / (t + 10)

    def choose_part(self, ram, x, speed, frames, paddle):
        low, high = self.low[self.small], self.high[self.small]
        parts = [p for p in (1, 3, 5, 7, 9, 11, 13, 15) if low <= p <= high] or [(low + high) / 2]
        reachable = [p for p in parts if abs(x - p - paddle) <= PADDLE_SPEED * frames]
        if not reachable:
            return min(parts, key=lambda p: abs(x - p - paddle))
        if self.idle_bounces >= 4:
            return self.rng.choice(reachable)
        wall = self.bricks(ram)

        def worth(part):
            slope = self.slopes.get(int(part // 2))
            if slope is None:
                return 0.06
            return self.flight_value(x, slope * speed, speed, wall)
        return max(reachable, key=lambda p: worth(p) + 1e-4 * self.rng.random())

    def note_progress(self, ram):
        score = 100 * (int(ram[SCORE_HI]) & 15) + 10 * (int(ram[SCORE_LO]) >> 4) + (int(ram[SCORE_LO]) & 15)
        lives = int(ram[LIVES])
        bricks = [int(v) for v in ram[:36]]
        if self.old_bricks is not None:
            gain = score - self.old_score
            changed = [i % 6 for i in range(36) if bricks[i] != self.old_bricks[i]]
            if gain:
                self.idle_bounces = 0
                if len(changed) == 1 and gain in (1, 7):
                    self.top_first = (changed[0] >= 3) == (gain == 1)
            if lives < self.old_lives:
                low, high, rel = self.low, self.high, self.last_rel
                if low[self.small] - 1 <= rel <= high[self.small] + 1:      # aimed well, yet missed
                    if rel > 8:
                        high[self.small] = max(7.0, rel - 4)
                    else:
                        low[self.small] = min(5.0, rel + 2)
                self.small = False
        self.old_bricks, self.old_score, self.old_lives = bricks, score, lives

    def act(self, observation):
        ram = observation
        self.frame += 1
        hold = FIRE if self.frame % 2 else NOOP
        x, y, paddle = float(ram[BALL_X]), float(ram[BALL_Y]), float(ram[PADDLE])
        drift = 0.0 if self.old_paddle is None else paddle - self.old_paddle
        self.old_paddle = paddle
        self.note_progress(ram)

        moved = not self.track or (x, y) != self.track[-1]
        self.still = 0 if moved else self.still + 1
        if self.still >= 5 or y < 10 or y > 215:
            self.track, self.planned, self.pending = [], False, None
            return self.steer(119.0, paddle, drift, hold) if self.frame % 8 < 4 else hold

        # cut the track where the ball changed its direction
        if len(self.track) >= 2:
            (x0, y0), (x1, y1) = self.track[0], self.track[-1]
            if abs(x - x1) > 12 or abs(y - y1) > 12:
                self.track = []
            else:
                turned_y = (y1 - y0) * (y - y1) < 0
                turned_x = (x1 - x0) * (x - x1) < 0
                if turned_y and y1 > y0 and y1 > 160:                      # off the paddle
                    self.contact_y = 0.7 * self.contact_y + 0.3 * min(max(y1, 168.0), 184.0)
                    self.pending = int((x1 - paddle) // 2)
                    self.idle_bounces += 1
                if turned_y or turned_x:
                    self.track = [(x1, y1)]
                    if turned_y:
                        self.planned = False
        self.track = (self.track + [(x, y)])[-13:]
        if y > 40:
            self.left, self.right = min(self.left, x), max(self.right, x)
        if y < CEILING + 8:
            self.small = True

        n = len(self.track) - 1
        vx = (self.track[-1][0] - self.track[0][0]) / n if n else 0.0
        vy = (self.track[-1][1] - self.track[0][1]) / n if n else 0.0

        if vy < -0.2 and self.pending is not None and n >= 7:
            self.slopes[self.pending] = vx / -vy
            self.pending = None
        if vy > 0.2 and n >= 1:
            frames = max(0.0, (self.contact_y - y) / vy)
            landing = self.fold(x + vx * frames)
            if not self.planned and (y > 95 and n >= 6):
                self.part = self.choose_part(ram, landing, vy, frames, paddle)
                self.planned = True
            if self.contact_y - 6 <= y <= self.contact_y + 8:
                self.last_rel = x - paddle
            target = landing - self.part
        else:
            target = (x - 8 + 119.0) / 2
        return self.steer(target, paddle, drift, hold)

    def steer(self, target, paddle, drift, hold):
        gap = target - (paddle + LEAD * drift)
        if abs(gap) <= DEADBAND:
            return hold
        return RIGHT if gap > 0 else LEFT
