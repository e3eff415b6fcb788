"""Keep all layouts that fit the cells seen so far, and walk to the pose with the least expected steps left.

The grid is 8x8: a wall column `split` with one locked door parts the left room (agent and key) from the right room,
whose goal is in the lower right corner. Cells are counted relative to the start: x grows east, y grows south.
"""
from collections import deque

KEY_UNSEEN = 1.64   # steps that a key costs which is still unseen at the pose
DOOR_UNSEEN = 3.73  # steps that a door costs which is still unseen at the pose

LEFT, RIGHT, FORWARD, PICKUP, TOGGLE = 0, 1, 2, 3, 5
UNSEEN, EMPTY, WALL, FLOOR, DOOR, KEY, GOAL = 0, 1, 2, 3, 4, 5, 8
EAST, SOUTH = 0, 1
STEP = ((1, 0), (0, 1), (-1, 0), (0, -1))
LAST = 7           # index of the last row and column of the grid
REACH = 13         # largest offset in the table of travel times


def neighbours(pose):
    """The poses after turning left, turning right and stepping forward."""
    x, y, heading = pose
    dx, dy = STEP[heading]
    return ((LEFT, (x, y, (heading - 1) % 4)), (RIGHT, (x, y, (heading + 1) % 4)), (FORWARD, (x + dx, y + dy, heading)))


def travel_table():
    """Steps from (0, 0, heading) to (dx, dy, new heading) in an open room."""
    table = {}
    for heading in range(4):
        start = (0, 0, heading)
        steps = {start: 0}
        queue = deque([start])
        while queue:
            pose = queue.popleft()
            for _, after in neighbours(pose):
                if after not in steps and abs(after[0]) <= REACH and abs(after[1]) <= REACH:
                    steps[after] = steps[pose] + 1
                    queue.append(after)
        for (dx, dy, after), count in steps.items():
            table[heading, dx, dy, after] = count
    return table


TRAVEL = travel_table()


def travel(a, b):
    return TRAVEL[a[2], b[0] - a[0], b[1] - a[1], b[2]]


def view_cell(pose, i, j):
    """The cell shown at image[i, j]: the agent is at (3, 6) and looks towards smaller j."""
    x, y, heading = pose
    fx, fy = STEP[heading]
    ahead, side = 6 - j, i - 3
    return (x + fx * ahead - fy * side, y + fy * ahead + fx * side)


def view(pose):
    return {view_cell(pose, i, j) for i in range(7) for j in range(7)}


def normalised(weights):
    total = sum(weights.values())
    return {cell: weight / total for cell, weight in weights.items()} if total else {}


def probability_unseen(weights, seen):
    return sum(weight for cell, weight in weights.items() if cell not in seen)


class Policy:
    def __init__(self):
        self.pose = (0, 0, 0)
        self.known = {}
        self.key = self.door = None
        self.door_open = self.carrying = False
        self.layouts = [(x, y, split) for split in range(2, 6) for x in range(1, split) for y in range(1, LAST)]

    def act(self, observation):
        self.pose = (self.pose[0], self.pose[1], int(observation["direction"]))
        self.look(observation["image"])
        self.layouts = [layout for layout in self.layouts if self.fits(layout)] or self.layouts
        action = self.decide()
        if action == FORWARD:
            self.pose = neighbours(self.pose)[2][1]
        return action

    def look(self, image):
        for i in range(7):
            for j in range(7):
                kind, state = int(image[i, j, 0]), int(image[i, j, 2])
                cell = view_cell(self.pose, i, j)
                if (i, j) == (3, 6):
                    self.carrying = kind == KEY
                    self.known.setdefault(cell, EMPTY)
                elif kind != UNSEEN:
                    self.known[cell] = kind
                    if kind == KEY:
                        self.key = cell
                    elif kind == DOOR:
                        self.door, self.door_open = cell, state == 0

    def fits(self, layout):
        """Whether a layout (start x, start y, split) agrees with every cell seen."""
        start_x, start_y, split = layout
        for (x, y), kind in self.known.items():
            x, y = x + start_x, y + start_y
            if not (0 <= x <= LAST and 0 <= y <= LAST):
                return False
            if kind == DOOR:
                if x != split or not 1 <= y <= 5:
                    return False
            elif (kind == WALL) != (x in (0, LAST, split) or y in (0, LAST)):
                return False
            elif (kind == GOAL) != (x == y == LAST - 1):
                return False
        return True

    def beliefs(self):
        """Probabilities of the cells of the key and of the door, as two dictionaries."""
        keys, doors = {}, {}
        for start_x, start_y, split in self.layouts:
            room = [(x - start_x, y - start_y) for x in range(1, split) for y in range(1, LAST)]
            column = [(split - start_x, y - start_y) for y in range(1, 6)]
            key_cells = [self.key] if self.key else [cell for cell in room if cell not in self.known]
            door_cells = [self.door] if self.door else [cell for cell in column if cell not in self.known]
            weight = 1.0 / (len(room) * (len(room) - 1))
            for cell in key_cells:
                keys[cell] = keys.get(cell, 0.0) + weight * len(door_cells)
            for cell in door_cells:
                doors[cell] = doors.get(cell, 0.0) + weight * len(key_cells)
        return normalised(keys), normalised(doors)

    def reachable(self):
        """For every pose in reach: (steps, first action, cells seen on the way)."""
        found = {self.pose: (0, None, frozenset())}
        queue = deque([self.pose])
        while queue:
            pose = queue.popleft()
            steps, first, seen = found[pose]
            for action, after in neighbours(pose):
                if after in found or self.known.get(after[:2]) not in (EMPTY, FLOOR):
                    continue
                found[after] = (steps + 1, action if first is None else first, seen | view(after))
                queue.append(after)
        return found

    def grips(self, key):
        """The poses from which a key can be picked up."""
        poses = [(key[0] - STEP[h][0], key[1] - STEP[h][1], h) for h in range(4)]
        return [pose for pose in poses if self.known.get(pose[:2]) not in (WALL, DOOR)]

    def decide(self):
        x, y, heading = self.pose
        if self.door_open:  # east through the door to the last column, then south to the goal
            wanted = EAST if x < LAST - 1 - self.layouts[0][0] else SOUTH
            return FORWARD if heading == wanted else RIGHT
        front = neighbours(self.pose)[2][1][:2]
        if front == self.key and not self.carrying:
            return PICKUP
        if front == self.door and self.carrying:
            return TOGGLE

        keys, doors = self.beliefs()

        def steps_to_door(pose):
            return sum(weight * travel(pose, (cell[0] - 1, cell[1], EAST)) for cell, weight in doors.items())

        key_plans = []  # (probability, [(grip, expected steps from there to the door)])
        if not self.carrying:
            for cell, weight in keys.items():
                key_plans.append((weight, [(grip, steps_to_door(grip)) for grip in self.grips(cell)]))

        def steps_left(pose):
            if self.carrying:
                return steps_to_door(pose)
            return sum(weight * min((travel(pose, grip) + rest for grip, rest in plan), default=50)
                       for weight, plan in key_plans)

        if self.carrying:
            sought = doors
            targets = {(self.door[0] - 1, self.door[1], EAST)} if self.door else None
        else:
            sought = keys
            targets = set(self.grips(self.key)) if self.key else None

        best, choice = None, LEFT
        for pose, (steps, first, seen) in self.reachable().items():
            if first is None:
                continue
            if targets is not None:
                if pose not in targets:
                    continue
            elif not any(cell in seen for cell in sought):
                continue  # a search must be able to find something
            cost = steps + steps_left(pose)
            if not self.key:
                cost += (KEY_UNSEEN + 0.5 * steps) * probability_unseen(keys, seen)
            if not self.door:
                cost += DOOR_UNSEEN * probability_unseen(doors, seen)
            if best is None or cost < best - 1e-9:
                best, choice = cost, first
        return choice
