"""Dig one column by sending the ball back along its own path, then pick the paddle part by a two-bounce lookahead."""
import random

PRIOR_SLOPE = 1.0  # tune: [0.4, 2]
DIG_BONUS = 5.0  # tune: [1, 12]
STEEP = 0.15  # tune: [0, 0.6]
LEAD = 1.0

SCORE_HI, SCORE_LO, LIVES, PADDLE, BALL_X, BALL_Y = 76, 77, 57, 72, 99, 101
NOOP, FIRE, RIGHT, LEFT = 0, 1, 2, 3
SCREEN_X, SCREEN_Y = 48, 9          # ram minus SCREEN_X = pixel; ram plus SCREEN_Y = pixel
CEILING = 32 - SCREEN_Y
WALL_TOP, WALL_BOTTOM = 57 - SCREEN_Y, 93 - SCREEN_Y
PADDLE_SPEED = 3.5
DEADBAND = 2.5
POINTS = (7, 7, 4, 4, 1, 1)         # rows from the top
# playfield registers (right to left) and bit masks of the 18 brick columns, left to right
COLUMNS = ([(5, 0xC0)] + [(4, m) for m in (0xC0, 0x30, 0x0C, 0x03)]
           + [(3, m) for m in (0x03, 0x0C, 0x30, 0xC0)] + [(2, 0x30), (2, 0xC0)]
           + [(1, m) for m in (0xC0, 0x30, 0x0C, 0x03)] + [(0, m) for m in (0x03, 0x0C, 0x30)])


class Policy:
    def __init__(self):
        self.reset()

    def reset(self, seed=None, spaces=None):
        self.rng = random.Random(7)
        self.left, self.right, self.contact_y = 57.0, 199.0, 176.0
        self.track = []              # ball positions since its last change of direction
        self.slopes = {}             # (paddle part, incoming side) -> vx / vy after the bounce
        self.pending = None          # key of the last bounce, while its rebound is being measured
        self.flips = 1               # -1 when a side wall was hit since that bounce
        self.part = 8.0              # wanted ball x minus paddle x at contact
        self.planned = False
        self.low, self.high = {False: 2.0, True: 2.0}, {False: 14.0, True: 14.0}
        self.small = False           # paddle may have shrunk: the ball has touched the ceiling
        self.top_first = True
        self.digging = True          # the ball has not yet been behind this wall
        self.old_bricks, self.old_score, self.old_lives = None, 0, None
        self.idle_bounces, self.frame, self.still = 0, 0, 0
        self.old_paddle, self.last_rel = None, 8.0

    # --- model of the game
    def fold(self, x):
        """Reflect x at the side walls: position and sign of the direction."""
        span = self.right - self.left
        u = (x - self.left) % (2 * span)
        return (self.left + u, 1) if u <= span else (self.left + 2 * span - u, -1)

    def bricks(self, ram):
        rows = range(6) if self.top_first else range(5, -1, -1)
        return [[bool(ram[6 * reg + k] & mask) for reg, mask in COLUMNS] for k in rows]

    def flight(self, x, vx, speed, wall):
        """Value, frames, landing x, final vx and wall left, for a ball that leaves the paddle at x."""
        wall = [row[:] for row in wall]
        frames = (self.contact_y - WALL_BOTTOM - 2) / speed
        x, sign = self.fold(x + vx * frames)
        vx, y, vy, value, wait = vx * sign, WALL_BOTTOM + 2.0, -speed, 0.0, 0
        for _ in range(250):
            x, y, wait, frames = x + vx, y + vy, wait - 1, frames + 1
            if x < self.left or x > self.right:
                x, _sign = self.fold(x)
                vx = -vx
            if y < CEILING and vy < 0:
                vy = -vy
                value += DIG_BONUS / 2
            elif y > WALL_BOTTOM + 2:
                break
            if WALL_TOP <= y < WALL_BOTTOM and wait <= 0:
                row = int((y - WALL_TOP) // 6)
                col = min(17, max(0, int((x - SCREEN_X - 8) // 8)))
                if wall[row][col]:
                    open_below = 0
                    for r in range(row + 1, 6):
                        open_below += not wall[r][col]
                    value += POINTS[row] + DIG_BONUS * (open_below / 5) ** 2
                    wall[row][col] = False
                    vy, wait = -vy, 6 / speed
        rest = (self.contact_y - y) / speed
        x, sign = self.fold(x + vx * rest)
        return value, frames + rest, x, vx * sign, wall

    def slope(self, part, side):
        """vx / vy after a bounce off this part: as last seen, else a guess."""
        key = int(part // 2)
        guess = PRIOR_SLOPE * (part - 8) / 8
        return self.slopes.get((key, side), self.slopes.get((key, -side), guess))

    def parts(self, x, paddle, frames):
        low, high = self.low[self.small], self.high[self.small]
        parts = [p for p in (1, 3, 5, 7, 9, 11, 13, 15) if low <= p <= high] or [(low + high) / 2]
        near = [p for p in parts if abs(x - p - paddle) <= PADDLE_SPEED * frames]
        return near or [min(parts, key=lambda p: abs(x - p - paddle))]

    def choose_part(self, ram, x, vx, speed, frames, paddle):
        parts = self.parts(x, paddle, frames)
        if self.idle_bounces >= 5 and self.rng.random() < 0.4:
            return self.rng.choice(parts)
        side = 1 if vx > 0 else -1
        if self.digging and self.idle_bounces < 3:
            slopes = {p: self.slope(p, side) for p in parts}
            return min(parts, key=lambda p: abs(slopes[p] + vx / speed) + STEEP * abs(slopes[p]))
        wall = self.bricks(ram)

        def worth(part):
            value, time, x2, vx2, wall2 = self.flight(x, self.slope(part, side) * speed, speed, wall)
            best = value / (time + 10)
            for part2 in self.parts(x2, x - part, time):
                more = self.flight(x2, self.slope(part2, 1 if vx2 > 0 else -1) * speed, speed, wall2)
                best = max(best, (value + 0.8 * more[0]) / (time + 0.8 * more[1] + 10))
            return best
        return max(parts, key=lambda p: worth(p) + 1e-4 * self.rng.random())

    # --- what happened
    def note_progress(self, ram):
        score = 100 * (int(ram[SCORE_HI]) & 15) + 10 * (int(ram[SCORE_LO]) >> 4) + (int(ram[SCORE_LO]) & 15)
        lives = int(ram[LIVES])
        bricks = [int(v) for v in ram[:36]]
        if self.old_bricks is not None:
            if sum(bricks) > sum(self.old_bricks) + 500:                    # a new wall
                self.digging = True
            gain = score - self.old_score
            if gain:
                self.idle_bounces = 0
                changed = [i % 6 for i in range(36) if bricks[i] != self.old_bricks[i]]
                if len(changed) == 1 and gain in (1, 7):
                    self.top_first = (changed[0] >= 3) == (gain == 1)
            if lives < self.old_lives:
                low, high, rel = self.low, self.high, self.last_rel
                if low[self.small] - 1 <= rel <= high[self.small] + 1:      # aimed well, yet missed
                    if rel > 8:
                        high[self.small] = max(10.0, rel - 2)
                    else:
                        low[self.small] = min(5.0, rel + 2)
                self.small = False
        self.old_bricks, self.old_score, self.old_lives = bricks, score, lives

    def follow_ball(self, x, y, paddle):
        """Keep the straight part of the ball's way, and note bounces off the paddle."""
        if len(self.track) >= 2:
            (x0, y0), (x1, y1) = self.track[0], self.track[-1]
            if abs(x - x1) > 12 or abs(y - y1) > 12:
                self.track, self.pending = [], None
            else:
                turned_y = (y1 - y0) * (y - y1) < 0
                turned_x = (x1 - x0) * (x - x1) < 0
                if turned_y and y1 > y0 and y1 > 160:                      # off the paddle
                    self.contact_y = 0.7 * self.contact_y + 0.3 * min(max(y1, 168.0), 184.0)
                    self.pending = (int((x1 - paddle) // 2), 1 if x1 > x0 else -1)
                    self.flips = 1
                    self.idle_bounces += 1
                elif turned_x and min(x1 - self.left, self.right - x1) < 7:
                    self.flips = -self.flips
                if turned_y or turned_x:
                    self.track = [(x1, y1)]
                if turned_y:
                    self.planned = False
        self.track = (self.track + [(x, y)])[-13:]

    def act(self, observation):
        ram = observation
        self.frame += 1
        hold = FIRE if self.frame % 2 else NOOP
        x, y, paddle = float(ram[BALL_X]), float(ram[BALL_Y]), float(ram[PADDLE])
        drift = 0.0 if self.old_paddle is None else paddle - self.old_paddle
        self.old_paddle = paddle
        self.note_progress(ram)

        self.still = 0 if not self.track or (x, y) != self.track[-1] else self.still + 1
        if self.still >= 5 or y < 10 or y > 215:
            self.track, self.planned, self.pending = [], False, None
            return self.steer(119.0, paddle, drift, hold) if self.frame % 8 < 4 else hold

        self.follow_ball(x, y, paddle)
        if y > 40:
            self.left, self.right = min(self.left, x), max(self.right, x)
        if y < CEILING + 8:
            self.small, self.digging = True, False

        n = len(self.track) - 1
        vx = (self.track[-1][0] - self.track[0][0]) / n if n else 0.0
        vy = (self.track[-1][1] - self.track[0][1]) / n if n else 0.0

        if vy < -0.2 and self.pending is not None and n >= 7:
            self.slopes[self.pending] = self.flips * vx / -vy
            self.pending = None
        if vy > 0.2 and n >= 1:
            frames = max(0.0, (self.contact_y - y) / vy)
            landing, sign = self.fold(x + vx * frames)
            if not self.planned and y > 95 and n >= 6:
                self.part = self.choose_part(ram, landing, vx * sign, vy, frames, paddle)
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
