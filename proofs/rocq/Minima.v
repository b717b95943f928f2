(** Critical points and strict minima of the loss over Q, on a box on which it is a polynomial. *)

From Coq Require Import List ZArith QArith Qabs Qreduction Lia Lqa Setoid Morphisms.
From ExactCNN Require Import Numbers Networks Polynomials Losses.
Import ListNotations.
Local Open Scope Q_scope.
Local Arguments Qred : simpl never.
Local Arguments Qabs : simpl never.

Definition network_over_Q := list (layer * parameters rationals).

(** Along each direction the derivative is 0: for small s the loss changes by no more than C s^2. *)
Definition is_critical (point : network_over_Q) (samples targets directions : list (list Q)) : Prop :=
  Forall (fun direction => exists radius C, 0 < radius /\ forall s, Qabs s <= radius ->
    Qabs (rational_loss (rational_moved point [direction] [s]) samples targets - rational_loss point samples targets)
      <= C * (s * s)) directions.

(** On a box around it the point, and no other point of the form point + sum of d y, has the least loss. *)
Definition is_strict_minimum (point : network_over_Q) (samples targets directions : list (list Q)) (radius : Q) : Prop :=
  0 < radius /\ forall y, length y = length directions -> in_box radius y -> ~ Forall (fun x => x == 0) y ->
  rational_loss point samples targets < rational_loss (rational_moved point directions y) samples targets.

(** On a box around it the point has a larger loss than all others of this form. *)
Definition is_strict_maximum (point : network_over_Q) (samples targets directions : list (list Q)) (radius : Q) : Prop :=
  0 < radius /\ forall y, length y = length directions -> in_box radius y -> ~ Forall (fun x => x == 0) y ->
  rational_loss (rational_moved point directions y) samples targets < rational_loss point samples targets.

(** The loss near a point, as a polynomial in the coordinates y on a box. *)
Definition loss_on_box (point : network_over_Q) (samples targets directions : list (list Q)) (radius : Q) : polynomials :=
  loss polynomials (apply_on_box radius) (greatest_on_box radius)
    (moved polynomials point directions (map (fun i => Some (variable i)) (seq 0 (length directions)))) samples targets.

Lemma loss_on_box_correct point samples targets directions radius p y :
  0 <= radius -> length y = length directions -> in_box radius y ->
  loss_on_box point samples targets directions radius = Some p ->
  rational_loss (rational_moved point directions y) samples targets == value y p.
Proof.
  intros P L B H.
  assert (V : is_value y (rational_loss (rational_moved point directions y) samples targets)
                         (loss_on_box point samples targets directions radius)).
  { apply (R_loss rationals polynomials (is_value y)).
    - apply is_value_add.
    - apply is_value_mul.
    - apply is_value_of_Q.
    - intros. apply apply_on_box_correct; assumption.
    - intros. apply greatest_on_box_correct; assumption.
    - apply (R_moved rationals polynomials (is_value y)).
      + apply is_value_add.
      + apply is_value_mul.
      + apply is_value_of_Q.
      + rewrite <- L. clear. unfold R_list.
        assert (G : forall z, Forall2 (is_value (z ++ y)) y (map (fun i => Some (variable i)) (seq (length z) (length y)))).
        { induction y as [| x y IH]; intro z; simpl; constructor.
          - simpl. rewrite app_nth2, Nat.sub_diag by lia. simpl. ring.
          - specialize (IH (z ++ [x])). rewrite <- app_assoc, app_length, Nat.add_comm in IH. exact IH. }
        exact (G []). }
  rewrite H in V. exact V.
Qed.

(** What is of degree 2 and more, if nothing is of degree 1. *)
Definition no_linear_part (p : poly) : bool :=
  forallb (fun '(m, _) => negb (Nat.eqb (length m) 1)) p.

(** Monomials of higher degree are at least -|c| radius^(degree - 2) (y_i^2 + y_j^2) / 2 for two of their variables. *)
Definition lower_term (radius : Q) (m : monomial) (c : Q) : poly :=
  match m with
  | [] => []
  | [_; _] => [(m, c)]
  | i :: j :: m' =>
      let h := Qred (- Qabs c * Qpower_nat radius (length m') * (1 # 2)) in poly_add [([i; i], h)] [([j; j], h)]
  | _ => [(m, c)]
  end.

Definition lower_part (radius : Q) (p : poly) : poly :=
  fold_right (fun '(m, c) q => poly_add (lower_term radius m c) q) [] p.

Fixpoint coefficient (m : monomial) (p : poly) : Q :=
  match p with
  | [] => 0
  | (n, c) :: p' => match compare_monomials m n with Eq => c | _ => coefficient m p' end
  end.

(** A sum of multiples of later variables. *)
Definition linear_form (a : Q) (p : poly) (k : nat) (later : list nat) : poly :=
  fold_right (fun j q => poly_add [([j], Qred (coefficient [k; j] p / (2 * a)))] q) [] later.

(** Squares are completed, one variable after the other: p = a (y_k + ...)^2 + what contains later variables only. *)
Fixpoint positive_definite (k : nat) (count : nat) (p : poly) : bool :=
  match count with
  | O => match p with [] => true | _ => false end
  | S n =>
      let a := coefficient [k; k] p in
      let l := poly_add (variable k) (linear_form a p k (seq (S k) n)) in
      negb (Qle_bool a 0) && positive_definite (S k) n (poly_add p (poly_term [] (- a) (poly_mul l l)))
  end.

Lemma value_linear_form y a p k later : (forall j, In j later -> nth j y 0 == 0) -> value y (linear_form a p k later) == 0.
Proof.
  induction later as [| j later IH]; intro Z; [reflexivity |].
  change (value y (poly_add [([j], Qred (coefficient [k; j] p / (2 * a)))] (linear_form a p k later)) == 0).
  rewrite value_add, IH by (intros i I; apply Z; right; exact I). simpl. rewrite (Z j) by (left; reflexivity). ring.
Qed.

Lemma positive_definite_correct (y : list Q) (k count : nat) (p : poly) : positive_definite k count p = true ->
  0 <= value y p /\ (value y p <= 0 -> forall j, (k <= j < k + count)%nat -> nth j y 0 == 0).
Proof.
  revert k p. induction count as [| n IH]; intros k p; cbn [positive_definite].
  - destruct p; [| discriminate]. intros _. simpl. split; [apply Qle_refl | intros; lia].
  - set (a := coefficient [k; k] p). set (f := linear_form a p k (seq (S k) n)).
    set (l := poly_add (variable k) f). cbv zeta. intro H. apply andb_prop in H. destruct H as [A H].
    apply IH in H. destruct H as [N Z].
    assert (Ha : 0 < a).
    { apply negb_true_iff in A. apply Qnot_le_lt. intro W. apply Qle_bool_iff in W. congruence. }
    assert (E : value y p == a * (value y l * value y l) + value y (poly_add p (poly_term [] (- a) (poly_mul l l)))).
    { rewrite value_add, value_term, value_mul. simpl. ring. }
    set (r := value y (poly_add p (poly_term [] (- a) (poly_mul l l)))) in *.
    assert (Sq : 0 <= value y l * value y l) by nra.
    assert (T : 0 <= a * (value y l * value y l)) by (apply Qmult_le_0_compat; lra).
    split; [rewrite E; lra |]. intros V j J.
    assert (R0 : r <= 0) by (rewrite E in V; lra).
    assert (later : forall i, (S k <= i < S k + n)%nat -> nth i y 0 == 0) by (apply Z; exact R0).
    destruct (Nat.eq_dec j k) as [-> | D]; [| apply later; lia].
    assert (F : value y f == 0).
    { apply value_linear_form. intros i I. apply later. apply in_seq in I. lia. }
    assert (Y : value y l == nth k y 0).
    { unfold l. rewrite value_add, value_variable, F. ring. }
    rewrite Y in *. clear - Ha V E N Sq.
    destruct (Q_dec (nth k y 0) 0) as [[L | G] | Q]; [| | exact Q]; exfalso; rewrite E in V.
    + assert (0 < nth k y 0 * nth k y 0) by nra. assert (0 < a * (nth k y 0 * nth k y 0)) by (apply Qmult_lt_0_compat; assumption). lra.
    + assert (0 < nth k y 0 * nth k y 0) by nra. assert (0 < a * (nth k y 0 * nth k y 0)) by (apply Qmult_lt_0_compat; assumption). lra.
Qed.

Lemma square_nonneg (x : Q) : 0 <= x * x.
Proof. nra. Qed.

Section Box.
  Variable radius : Q.
  Variable y : list Q.
  Hypothesis positive : 0 <= radius.
  Hypothesis inside : in_box radius y.

  Lemma two_variables (i j : nat) (m : monomial) (c : Q) :
    Qabs (c * product y (i :: j :: m)) <=
    Qabs c * Qpower_nat radius (length m) * (1 # 2) * (nth i y 0 * nth i y 0 + nth j y 0 * nth j y 0).
  Proof.
    cbn [product]. set (u := nth i y 0). set (v := nth j y 0).
    assert (E : c * (u * (v * product y m)) == (c * product y m) * (u * v)) by ring. rewrite E, !Qabs_Qmult.
    assert (W : Qabs u * Qabs v <= (1 # 2) * (u * u + v * v)).
    { pose proof (square_nonneg (u + v)) as P. pose proof (square_nonneg (u - v)) as M.
      rewrite <- Qabs_Qmult. apply Qabs_Qle_condition. split; lra. }
    assert (P : Qabs c * Qabs (product y m) <= Qabs c * Qpower_nat radius (length m)).
    { apply product_le; auto using Qabs_nonneg, Qle_refl, (product_bound radius y positive inside). }
    apply (Qle_trans _ (Qabs c * Qpower_nat radius (length m) * ((1 # 2) * (u * u + v * v)))).
    - apply product_le; [| exact P | | exact W]; apply Qmult_le_0_compat; apply Qabs_nonneg.
    - apply Qle_lteq. right. ring.
  Qed.

  Lemma lower_term_correct (m : monomial) (c : Q) : m <> [] -> value y (lower_term radius m c) <= c * product y m.
  Proof.
    intro M. destruct m as [| i [| j [| k m]]]; [congruence | simpl; lra | simpl; lra |].
    pose proof (two_variables i j (k :: m) c) as B. apply Qabs_Qle_condition in B. destruct B as [B _].
    unfold lower_term. rewrite value_add. set (h := Qred _). cbn [value product].
    assert (H : h == - Qabs c * Qpower_nat radius (length (k :: m)) * (1 # 2)) by apply Qred_correct.
    rewrite H. eapply Qle_trans; [| exact B]. set (u := nth i y 0). set (v := nth j y 0).
    set (w := Qpower_nat radius (length (k :: m))). apply Qle_lteq. right. ring.
  Qed.

  Lemma lower_part_correct (p : poly) : Forall (fun term => fst term <> []) p -> value y (lower_part radius p) <= value y p.
  Proof.
    intro N. induction N as [| [m c] p M N IH]; [apply Qle_refl |].
    change (value y (poly_add (lower_term radius m c) (lower_part radius p)) <= c * product y m + value y p).
    rewrite value_add. apply Qplus_le_compat; [apply lower_term_correct; exact M | exact IH].
  Qed.
End Box.

Definition no_constant (p : poly) : bool := forallb (fun '(m, _) => match m with [] => false | _ => true end) p.

Lemma no_constant_correct (p : poly) : no_constant p = true -> Forall (fun term => fst term <> []) p.
Proof.
  unfold no_constant. rewrite forallb_forall. intro H. apply Forall_forall. intros [m c] I E. simpl in E. subst m.
  apply H in I. discriminate I.
Qed.

(** The test for a strict minimum. *)
Definition minimum_test (sign : Q) (point : network_over_Q) (samples targets directions : list (list Q)) (radius : Q) : bool :=
  negb (Qle_bool radius 0) &&
  match loss_on_box point samples targets directions radius with
  | Some p =>
      Qeq_bool (constant_part p) (rational_loss point samples targets) &&
      let q := poly_term [] sign (other_part p) in
      no_constant q && positive_definite 0 (length directions) (lower_part radius q)
  | None => false
  end.

Lemma minimum_test_correct sign point samples targets directions radius :
  minimum_test sign point samples targets directions radius = true ->
  0 < radius /\ forall y, length y = length directions -> in_box radius y -> ~ Forall (fun x => x == 0) y ->
  0 < sign * (rational_loss (rational_moved point directions y) samples targets - rational_loss point samples targets).
Proof.
  unfold minimum_test. intro H. apply andb_prop in H. destruct H as [R H].
  assert (P : 0 < radius).
  { apply negb_true_iff in R. apply Qnot_le_lt. intro W. apply Qle_bool_iff in W. congruence. }
  split; [exact P |]. intros y L B NZ.
  destruct (loss_on_box _ _ _ _ _) as [p |] eqn:Hp; [| discriminate H].
  apply andb_prop in H. destruct H as [C H]. apply Qeq_bool_iff in C. cbv zeta in H.
  apply andb_prop in H. destruct H as [N D]. apply no_constant_correct in N.
  assert (P' : 0 <= radius) by lra.
  rewrite (loss_on_box_correct _ _ _ _ _ _ y P' L B Hp), <- C, value_parts.
  set (q := poly_term [] sign (other_part p)) in *.
  assert (E : sign * (constant_part p + value y (other_part p) - constant_part p) == value y q).
  { unfold q. rewrite value_term. simpl. ring. }
  rewrite E.
  pose proof (lower_part_correct radius y P' B q N) as LP.
  destruct (positive_definite_correct y 0 (length directions) _ D) as [V Z].
  destruct (Qlt_le_dec 0 (value y q)) as [G | G]; [exact G |]. exfalso. apply NZ.
  assert (W : value y (lower_part radius q) <= 0) by lra.
  apply Forall_forall. intros x I. destruct (In_nth _ _ 0 I) as (j & J & <-). apply Z; [exact W | lia].
Qed.

(** The radii 1, 1/4, 1/16, ..., so many of them. *)
Fixpoint radii (n : nat) (radius : Q) : list Q :=
  match n with O => [] | S n' => radius :: radii n' (Qred (radius * (1 # 4))) end.

Theorem minimum_on_box point samples targets directions (tries : nat) :
  existsb (minimum_test 1 point samples targets directions) (radii tries 1) = true ->
  exists radius, is_strict_minimum point samples targets directions radius.
Proof.
  intro H. apply existsb_exists in H. destruct H as (radius & _ & H). exists radius.
  apply minimum_test_correct in H. destruct H as [P H]. split; [exact P |].
  intros y L B NZ. specialize (H y L B NZ). lra.
Qed.

Theorem maximum_on_box point samples targets directions (tries : nat) :
  existsb (minimum_test (-1) point samples targets directions) (radii tries 1) = true ->
  exists radius, is_strict_maximum point samples targets directions radius.
Proof.
  intro H. apply existsb_exists in H. destruct H as (radius & _ & H). exists radius.
  apply minimum_test_correct in H. destruct H as [P H]. split; [exact P |].
  intros y L B NZ. specialize (H y L B NZ). lra.
Qed.

(** The test for derivatives that are 0: nothing of degree 1. *)
Definition critical_test (point : network_over_Q) (samples targets : list (list Q)) (direction : list Q) (radius : Q) : bool :=
  negb (Qle_bool radius 0) &&
  match loss_on_box point samples targets [direction] radius with
  | Some p =>
      Qeq_bool (constant_part p) (rational_loss point samples targets) &&
      no_constant (other_part p) && no_linear_part (other_part p)
  | None => false
  end.

Lemma higher_bound radius p : 0 <= radius -> no_constant p = true -> no_linear_part p = true ->
  exists C, 0 <= C /\ forall s, Qabs s <= radius -> Qabs (value [s] p) <= C * (s * s).
Proof.
  intros P N L. induction p as [| [m c] p IH].
  - exists 0. split; [apply Qle_refl |]. intros s _. apply Qle_lteq. right. simpl. change (Qabs 0) with 0. ring.
  - unfold no_constant, no_linear_part in *. cbn [forallb] in N, L. apply andb_prop in N, L.
    destruct N as [M N], L as [M' L]. destruct (IH N L) as (C & HC & H).
    destruct m as [| i [| j m]]; [discriminate M | discriminate M' |].
    assert (W : 0 <= Qabs c * Qpower_nat radius (length m)).
    { apply Qmult_le_0_compat; [apply Qabs_nonneg | apply power_nonneg; exact P]. }
    exists (Qabs c * Qpower_nat radius (length m) + C). split; [lra |]. intros s S.
    cbn [value]. eapply Qle_trans; [apply Qabs_triangle |].
    assert (B : in_box radius [s]) by (constructor; [exact S | constructor]).
    pose proof (two_variables radius [s] P B i j m c) as T. specialize (H s S).
    assert (U : forall k, nth k [s] 0 * nth k [s] 0 <= s * s).
    { intros [| [| k]]; simpl; try apply Qle_refl; apply square_nonneg. }
    pose proof (U i). pose proof (U j). nra.
Qed.

Theorem critical_on_box point samples targets directions (tries : nat) :
  forallb (fun direction => existsb (critical_test point samples targets direction) (radii tries 1)) directions = true ->
  is_critical point samples targets directions.
Proof.
  intro A. apply Forall_forall. intros direction D. rewrite forallb_forall in A. apply A in D.
  apply existsb_exists in D. destruct D as (radius & _ & H). unfold critical_test in H.
  apply andb_prop in H. destruct H as [R H].
  assert (P : 0 < radius).
  { apply negb_true_iff in R. apply Qnot_le_lt. intro W. apply Qle_bool_iff in W. congruence. }
  destruct (loss_on_box _ _ _ _ _) as [p |] eqn:Hp; [| discriminate H].
  apply andb_prop in H. destruct H as [H N]. apply andb_prop in H. destruct H as [C M]. apply Qeq_bool_iff in C.
  assert (P' : 0 <= radius) by lra.
  destruct (higher_bound radius (other_part p) P' M N) as (B & _ & Hb).
  exists radius, B. split; [exact P |]. intros s S.
  assert (I : in_box radius [s]) by (constructor; [exact S | constructor]).
  rewrite (loss_on_box_correct point samples targets [direction] radius p [s] P' eq_refl I Hp), <- C, value_parts.
  assert (E : constant_part p + value [s] (other_part p) - constant_part p == value [s] (other_part p)) by ring.
  rewrite E. apply Hb. exact S.
Qed.
