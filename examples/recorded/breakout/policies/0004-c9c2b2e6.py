"""Aim each bounce by a two-bounce lookahead with rebound slopes and wall geometry measured during the episode."""
import random

DIG_BONUS = 10.0  # tune: [2, 20]
PRIOR_SLOPE = 1.0  # tune: [0.4, 2]
DEADBAND = 2.0  # tune: [1, 4]

SCORE_HI, SCORE_LO, LIVES, PADDLE, BALL_X, BALL_Y = 76, 77, 57, 72, 99, 101
NOOP, FIRE, RIGHT, LEFT = 0, 1, 2, 3
CEILING = 23                        # all in ram coordinates of the ball
WALL_LEFT, WALL_TOP, WALL_BOTTOM = 56, 48, 84
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
        self.shift_x, self.shift_y = 0.0, 0.0    # measured error of the wall's place
        self.track = []              # recent ball positions, unfolded at the side walls
        self.slopes = {}             # (ball x minus paddle x, incoming side) -> vx / vy after the bounce
        self.origin = None           # the last bounce while its rebound is measured: x, y, key, flips
        self.part = 8                # wanted ball x minus paddle x at contact
        self.planned, self.next_x = False, None
        self.digging = True          # the ball has not yet been behind this wall
        self.top_first = True
        self.old_wall, self.old_score = None, 0
        self.idle_bounces, self.frame, self.still = 0, 0, 0
        self.old_paddle, self.pushes, self.pace = None, 0, 3.5

    # --- model of the game
    def fold(self, x):
        """Reflect x at the side walls: position and sign of the direction."""
        span = self.right - self.left
        u = (x - self.left) % (2 * span)
        return (self.left + u, 1) if u <= span else (self.left + 2 * span - u, -1)

    def read_wall(self, ram):
        rows = range(6) if self.top_first else range(5, -1, -1)
        return [[bool(ram[6 * reg + k] & mask) for reg, mask in COLUMNS] for k in rows]

    def flight(self, x, vx, speed, wall):
        """Value, frames, landing x, final vx and wall left, for a ball that leaves the paddle at x."""
        wall = [row[:] for row in wall]
        top, bottom = WALL_TOP + self.shift_y, WALL_BOTTOM + self.shift_y
        edge, bonus = WALL_LEFT + self.shift_x, DIG_BONUS if self.digging else 2.0
        frames = (self.contact_y - bottom - 2) / speed
        x, sign = self.fold(x + vx * frames)
        vx, y, vy, value, wait = vx * sign, bottom + 2.0, -speed, 0.0, 0
        for _ in range(250):
            x, y, wait, frames = x + vx, y + vy, wait - 1, frames + 1
            if x < self.left or x > self.right:
                x = self.fold(x)[0]
                vx = -vx
            if y < CEILING and vy < 0:
                vy = -vy
                value += bonus / 2
            elif y > bottom + 2:
                break
            if top <= y < bottom and wait <= 0:
                row = min(5, int((y - top) // 6))
                col = min(17, max(0, int((x - edge) // 8)))
                if wall[row][col]:
                    open_below = 0
                    for r in range(row + 1, 6):
                        open_below += not wall[r][col]
                    value += POINTS[row] + bonus * (open_below / 5) ** 2
                    wall[row][col] = False
                    vy, wait = -vy, 6 / speed
        rest = (self.contact_y - y) / speed
        x, sign = self.fold(x + vx * rest)
        return value, frames + rest, x, vx * sign, wall

    def slope(self, part, side):
        """vx / vy after a bounce off this part: as last seen there or next to it, else a guess."""
        for key in ((part, side), (part, -side), (part - 1, side), (part + 1, side)):
            if key in self.slopes:
                return self.slopes[key]
        return PRIOR_SLOPE * (part - 8) / 8

    def parts(self, x, paddle, frames):
        reach = self.pace * max(1.0, frames - 2)
        near = [p for p in range(3, 14) if abs(x - p - paddle) <= reach]
        return near or [min((5, 8, 11), key=lambda p: abs(x - p - paddle))]

    def choose_part(self, ram, x, vx, speed, frames, paddle):
        parts = self.parts(x, paddle, frames)
        if self.idle_bounces >= 5 and self.rng.random() < 0.4:
            return self.rng.choice(parts)
        wall, side = self.read_wall(ram), 1 if vx > 0 else -1
        rates, landings = {}, {}
        for part in parts:
            value, time, x2, vx2, wall2 = self.flight(x, self.slope(part, side) * speed, speed, wall)
            best = value / (time + 10)
            for part2 in self.parts(x2, x - part, time)[::2]:
                more = self.flight(x2, self.slope(part2, 1 if vx2 > 0 else -1) * speed, speed, wall2)
                best = max(best, (value + 0.8 * more[0]) / (time + 0.8 * more[1] + 10))
            rates[part], landings[part] = best, x2

        def worth(part):
            around = [rates.get(part + d, rates[part]) for d in (-1, 0, 0, 1)]
            return sum(around) / 4 + 1e-4 * self.rng.random()
        part = max(parts, key=worth)
        self.next_x = landings[part]
        return part

    # --- what happened
    def note_progress(self, ram, x, y):
        score = 100 * (int(ram[SCORE_HI]) & 15) + 10 * (int(ram[SCORE_LO]) >> 4) + (int(ram[SCORE_LO]) & 15)
        wall = bytes(ram[:36])
        if self.old_wall is not None and wall != self.old_wall:
            gain = score - self.old_score
            changed = [i for i in range(36) if wall[i] != self.old_wall[i]]
            if len(changed) > 6:
                self.digging = True                                         # a new wall
            elif len(changed) == 1 and gain > 0:
                reg, k = divmod(changed[0], 6)
                if gain in (1, 7):
                    self.top_first = (k >= 3) == (gain == 1)
                gone = self.old_wall[changed[0]] & ~wall[changed[0]]
                row = k if self.top_first else 5 - k
                for col, (r, mask) in enumerate(COLUMNS):
                    if r == reg and gone == mask:
                        error = x - (WALL_LEFT + 8 * col + 3.5)
                        if abs(error) < 12:
                            self.shift_x += 0.15 * (error - self.shift_x)
                        rising = len(self.track) > 3 and self.track[-1][1] < self.track[-3][1]
                        error = y - (WALL_TOP + 6 * row + 5)
                        if rising and abs(error) < 12:
                            self.shift_y += 0.15 * (error - self.shift_y)
        if score != self.old_score:
            self.idle_bounces = 0
        self.old_wall, self.old_score = wall, score

    def follow_ball(self, x, y, paddle):
        """Keep the straight part of the ball's way, and note bounces off the paddle."""
        if len(self.track) >= 2:
            (x0, y0), (x1, y1) = self.track[0], self.track[-1]
            turned_y = (y1 - y0) * (y - y1) < 0
            turned_x = (x1 - x0) * (x - x1) < 0
            if abs(x - x1) > 12 or abs(y - y1) > 12:
                self.track, self.origin = [], None
            elif turned_y:
                self.track, self.planned = [(x1, y1)], False
                if y1 > y0 and y1 > 160:                                    # off the paddle
                    self.contact_y = 0.7 * self.contact_y + 0.3 * min(max(y1, 168.0), 184.0)
                    self.origin = [x1, y1, (int(x1 - paddle), 1 if x1 > x0 else -1), 1]
                    self.idle_bounces += 1
                else:
                    self.origin = None
            elif turned_x:
                side = self.left if x1 - self.left < self.right - x1 else self.right
                if abs(x1 - side) < 8:
                    self.track = [(2 * side - a, b) for a, b in self.track]
                    if self.origin:
                        self.origin[0], self.origin[3] = 2 * side - self.origin[0], -self.origin[3]
                else:
                    self.track = [(x1, y1)]
        self.track = (self.track + [(x, y)])[-13:]
        if self.origin:
            x0, y0, key, flips = self.origin
            if y0 - y > 16:                                                 # refined while it rises
                self.slopes[key] = flips * (x - x0) / (y0 - y)

    def act(self, observation):
        ram = observation
        self.frame += 1
        hold = FIRE if self.frame % 2 else NOOP
        x, y, paddle = float(ram[BALL_X]), float(ram[BALL_Y]), float(ram[PADDLE])
        drift = 0.0 if self.old_paddle is None else paddle - self.old_paddle
        self.old_paddle = paddle
        if abs(self.pushes) >= 4 and 1 < abs(drift) < 9:
            self.pace += 0.1 * (abs(drift) - self.pace)
        self.note_progress(ram, x, y)

        self.still = 0 if not self.track or (x, y) != self.track[-1] else self.still + 1
        if self.still >= 5 or y < 10 or y > 215:
            self.track, self.planned, self.origin, self.next_x = [], False, None, None
            return self.steer(119.0, paddle, drift, hold) if self.frame % 8 < 4 else hold

        self.follow_ball(x, y, paddle)
        if y > 40:
            self.left, self.right = min(self.left, x), max(self.right, x)
        if y < CEILING + 8:
            self.digging = False

        n = len(self.track) - 1
        vx = (self.track[-1][0] - self.track[0][0]) / n if n else 0.0
        vy = (self.track[-1][1] - self.track[0][1]) / n if n else 0.0
        if vy > 0.2:
            frames = max(0.0, (self.contact_y - y) / vy)
            landing, sign = self.fold(x + vx * frames)
            if not self.planned and y > 95 and n >= 6:
                self.part = self.choose_part(ram, landing, vx * sign, vy, frames, paddle)
                self.planned = True
            target = landing - self.part
        else:
            target = (x - 8 + 119.0) / 2
            if self.next_x is not None:
                target = (target + self.next_x - 8) / 2
        return self.steer(target, paddle, drift, hold)

    def steer(self, target, paddle, drift, hold):
        gap = target - (paddle + drift)
        if abs(gap) <= DEADBAND:
            self.pushes = 0
            return hold
        step = 1 if gap > 0 else -1
        self.pushes = self.pushes + step if self.pushes * step >= 0 else step
        return RIGHT if gap > 0 else LEFT
